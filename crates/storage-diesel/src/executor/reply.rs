//! The result of a queued call, and the way back to its caller.

use tokio::sync::oneshot;

use super::gate::Permit;
use crate::error::StorageError;

/// The result of a queued call, and the way back to its caller.
pub(super) struct Reply<T> {
    /// `None` until the call has run.
    result: Option<Result<T, StorageError>>,
    caller: oneshot::Sender<Result<T, StorageError>>,
    /// The permit is released when the thread has finished the call. Until then the thread is busy,
    /// even if the caller has timed out.
    permit: Permit,
}

impl<T> Reply<T> {
    /// Returns the reply, and what the caller waits for.
    pub(super) fn new(permit: Permit) -> (Self, oneshot::Receiver<Result<T, StorageError>>) {
        let (caller, receiver) = oneshot::channel();
        (Self { result: None, caller, permit }, receiver)
    }

    /// Returns whether the caller has stopped waiting.
    pub(super) fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    pub(super) const fn result(&self) -> Option<&Result<T, StorageError>> {
        self.result.as_ref()
    }

    pub(super) fn set(&mut self, result: Result<T, StorageError>) {
        self.result = Some(result);
    }

    /// Sends the result to the caller. If the batch of the call has failed, sends this failure.
    pub(super) fn send(self, batch: Result<(), StorageError>) {
        let Self { result, caller, permit } = self;
        // The next call of this caller must not find that this call still runs.
        drop(permit);
        let result = match (batch, result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => return,
            (Err(failure), _) => Err(failure),
        };
        // This fails if the caller has stopped waiting.
        let _ = caller.send(result);
    }
}
