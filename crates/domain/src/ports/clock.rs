//! The port to a clock.

use crate::Timestamp;

/// Tells the time.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// Returns the current time. It MAY go back, as system clocks do.
    fn now(&self) -> Timestamp;
}
