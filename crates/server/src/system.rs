//! The system clock, the generator of ids and the generator of secrets.

use std::{
    error::Error as StdError,
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, Utc};
use domain::{
    Secret, Timestamp,
    ports::{Clock, IdGenerator, SecretGenerator},
};
use thiserror::Error;
use uuid::{ContextV7, Uuid};

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "only this adapter may call it")]
    fn now(&self) -> Timestamp {
        // `Utc::now` would panic if the clock shows a time before 1970.
        Timestamp::new(DateTime::<Utc>::from(SystemTime::now()))
    }
}

/// Makes the ids of one process ascend.
static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// Generates UUIDs of version 7 (RFC 9562, section 5.7): a time and random bits.
///
/// The ids of one process ascend. The ids of different processes are in order of time only if the
/// clocks of the processes agree.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidV7Generator;

impl IdGenerator for UuidV7Generator {
    #[expect(clippy::disallowed_methods, reason = "only this adapter may call it")]
    fn generate(&self) -> Uuid {
        // `Uuid::now_v7` would panic if the clock shows a time before 1970.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (seconds, nanos) = (now.as_secs(), now.subsec_nanos());
        Uuid::new_v7(uuid::Timestamp::from_unix(&CONTEXT, seconds, nanos))
    }
}

/// Generates secrets with the random source of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSecretGenerator;

impl SecretGenerator for SystemSecretGenerator {
    fn generate(&self) -> Result<Secret, Box<dyn StdError + Send + Sync>> {
        let mut bytes = [0; Secret::BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Secret::new(bytes))
    }
}

/// The error of a system clock whose time HTTP cannot express (RFC 9110, section 5.6.7).
#[derive(Debug, Error)]
#[error("the system clock shows a time before 1970 or after 9999: set the clock")]
pub struct InvalidClock;

/// Checks that the system clock shows a time in the years 1970 to 9999.
pub(crate) fn check_clock() -> Result<(), InvalidClock> {
    let now = SystemClock.now();
    if now.as_unix_micros() >= 0 && now < Timestamp::MAX { Ok(()) } else { Err(InvalidClock) }
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
