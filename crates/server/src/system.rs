//! The system clock and the generator of ids.

use chrono::Utc;
use domain::{
    Timestamp,
    ports::{Clock, IdGenerator},
};
use uuid::Uuid;

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "only this adapter may call it")]
    fn now(&self) -> Timestamp {
        Timestamp::new(Utc::now())
    }
}

/// Generates UUIDs of version 7 (RFC 9562, section 5.7): a time and random bits.
///
/// The ids of one process ascend. The ids of several processes ascend as far as their clocks agree.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidV7Generator;

impl IdGenerator for UuidV7Generator {
    #[expect(clippy::disallowed_methods, reason = "only this adapter may call it")]
    fn generate(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_ids_have_version_7_and_ascend() {
        let ids: Vec<_> = (0..10_000).map(|_| UuidV7Generator.generate()).collect();

        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}
