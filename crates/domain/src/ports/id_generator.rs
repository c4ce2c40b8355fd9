//! The port to a generator of ids.

use uuid::Uuid;

/// Generates unique ids.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// Generates a UUID. It MUST differ from every other one, also from those that other processes
    /// generate. It SHOULD be greater than those generated before it, so that a store's primary key
    /// grows at one end.
    fn generate(&self) -> Uuid;
}
