//! The port to new names.

use uuid::Uuid;

/// Makes names that nothing else has.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// A UUID that MUST differ from every one that was or will be made, here or elsewhere.
    /// It SHOULD be greater than those made before it, so that a store's primary key grows at one
    /// end.
    fn generate(&self) -> Uuid;
}
