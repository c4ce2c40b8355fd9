//! The rate limit of a client.

use std::num::NonZeroU32;

/// The rate limit of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// The maximum number of requests per second. `None`: no limit.
    pub per_second: Option<NonZeroU32>,
}

impl RateLimit {
    /// The default of the maximum number of requests per second.
    pub const DEFAULT_PER_SECOND: u32 = 100;
    /// The size of a burst, in seconds. After a pause, a client may send `BURST_SECONDS` times
    /// [`per_second`](Self::per_second) requests at once.
    pub const BURST_SECONDS: u32 = 2;
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { per_second: NonZeroU32::new(Self::DEFAULT_PER_SECOND) }
    }
}
