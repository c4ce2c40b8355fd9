//! Transactions on PostgreSQL, which are repeated when the database aborts them.

use std::time::{Duration, Instant};

use backon::{BlockingRetryable as _, ConstantBuilder};
use diesel::Connection as _;

use super::deadline::DEADLINE;
use crate::{connection::AnyConnection, error::StorageError};

/// The maximum number of times to repeat a transaction that the database aborted.
const REPETITIONS: usize = 3;

/// The minimum time before a repetition. A random time of at most the same length is added, so that
/// two transactions do not conflict again.
const REPETITION_DELAY: Duration = Duration::from_millis(25);

/// Returns the call that runs `change` in a transaction, and repeats it when the database aborts it.
pub(super) fn in_transaction<T>(
    change: impl Fn(&mut AnyConnection) -> Result<T, StorageError>,
) -> impl Fn(&mut AnyConnection) -> Result<T, StorageError> {
    let last_start = Instant::now() + DEADLINE - 2 * REPETITION_DELAY;
    move |db| {
        let attempts = ConstantBuilder::new()
            .with_delay(REPETITION_DELAY)
            .with_jitter()
            .with_max_times(REPETITIONS);
        let transaction = || db.transaction(&change);
        transaction
            .retry(attempts)
            .when(|error| error.is_repeatable() && Instant::now() < last_start)
            .call()
    }
}
