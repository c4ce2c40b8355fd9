//! How many requests a client may send.

use std::num::NonZeroU32;

/// How many requests a client may send per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// The number of requests per second. `None`: no limit.
    pub per_second: Option<NonZeroU32>,
}

impl RateLimit {
    /// The default number of requests per second.
    pub const DEFAULT_PER_SECOND: u32 = 100;
    /// After a pause, a client may send as many requests at once as in this number of seconds.
    pub const BURST_SECONDS: u32 = 2;
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { per_second: NonZeroU32::new(Self::DEFAULT_PER_SECOND) }
    }
}
