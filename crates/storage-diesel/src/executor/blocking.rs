//! Runs calls on threads that may block.

use domain::panic_message;
use tokio::task::spawn_blocking;

use super::gate::Gate;
use crate::error::StorageError;

/// Waits for a permit of `gate`, and runs `call` on a thread that may block.
pub(super) async fn run_blocking<T: Send + 'static>(
    gate: &Gate,
    call: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    let permit = gate.enter().await?;
    let ran = spawn_blocking(move || {
        // The permit is released only when the call returns. Until then the thread is busy, even if
        // the caller has timed out.
        let _permit = permit;
        call()
    });
    ran.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => StorageError::Panicked(panic_message(&*panic)),
        Err(_cancelled) => StorageError::Closed,
    })?
}
