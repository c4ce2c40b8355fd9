//! The port to a generator of ids.

use uuid::Uuid;

/// Generates unique ids.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// Generates a UUID. It MUST differ from every other generated UUID, including those of other
    /// processes. It SHOULD be greater than every UUID generated before it. A store then adds to
    /// the index of its primary key only at the end.
    fn generate(&self) -> Uuid;
}
