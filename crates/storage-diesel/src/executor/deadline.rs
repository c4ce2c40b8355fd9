//! The deadline of a call, and the time of a refusal.

use std::{future::Future, time::Duration};

use domain::ports::RepositoryError;
use tokio::time::{sleep, timeout};

use crate::error::StorageError;

/// How long a call may take until its caller gets an answer. This includes the time that the call
/// waits before it runs.
pub(super) const DEADLINE: Duration = Duration::from_millis(2_500);

/// How long the error of a refused call is delayed. Without this delay, clients that repeat a
/// refused request at once would occupy the processor with refusals.
const REFUSAL_DELAY: Duration = Duration::from_millis(20);

/// Runs a call, and stops waiting for it at its deadline.
pub(super) async fn in_time<T>(
    call: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, RepositoryError> {
    let result = timeout(DEADLINE, call).await.unwrap_or(Err(StorageError::Deadline));
    if matches!(result, Err(StorageError::Overloaded)) {
        sleep(REFUSAL_DELAY).await;
    }
    result.map_err(RepositoryError::from)
}
