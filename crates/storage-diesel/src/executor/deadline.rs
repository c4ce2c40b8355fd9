//! The deadline of a call.

use std::{future::Future, time::Duration};

use domain::ports::RepositoryError;

use crate::error::StorageError;

/// The maximum time until the caller of a query gets an answer. It includes the time in which the
/// query waits to run.
pub(super) const DEADLINE: Duration = Duration::from_millis(2_500);

/// Waits for the result of a call. Returns an error if there is none at the deadline.
pub(super) async fn in_time<T>(
    call: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, RepositoryError> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(result) => result.map_err(RepositoryError::from),
        Err(_elapsed) => Err(StorageError::Deadline.into()),
    }
}
