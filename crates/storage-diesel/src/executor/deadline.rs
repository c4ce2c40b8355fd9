//! The deadline of a call.

use std::{future::Future, time::Duration};

use domain::ports::RepositoryError;

use crate::error::StorageError;

/// How long a call may take, waiting included, until its caller gets an answer.
pub(super) const DEADLINE: Duration = Duration::from_millis(2_500);

/// Runs a call, and stops waiting for it at its deadline.
pub(super) async fn in_time<T>(
    call: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, RepositoryError> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(result) => result.map_err(RepositoryError::from),
        Err(_elapsed) => Err(StorageError::Deadline.into()),
    }
}
