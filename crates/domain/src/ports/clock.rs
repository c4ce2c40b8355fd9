//! The port to a clock.

use crate::Timestamp;

/// Tells the time.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// Returns the current time. It MAY be earlier than the time of a previous call, because system
    /// clocks can be set back.
    fn now(&self) -> Timestamp;
}
