//! The port to the time of day.

use crate::Timestamp;

/// Tells the time.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present. It MAY go back, as clocks of machines do.
    fn now(&self) -> Timestamp;
}
