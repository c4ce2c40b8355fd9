//! Limits the memory of the long responses of all connections.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use actix_web::{HttpRequest, body::BodySize, rt::time::timeout};
use domain::ports::Listed;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;

/// The maximum memory of all long responses that clients have not received yet, in bytes.
const MAX_BYTES: usize = 24 << 20;

/// The minimum of free memory, in bytes. If less is free, slow clients are disconnected earlier.
const SCARCE_BYTES: usize = MAX_BYTES / 4;

/// The minimum size of a long response, in bytes. A shorter response needs no reservation, because
/// the kernel usually accepts it at once.
const MIN_COUNTED_BYTES: usize = 64 << 10;

/// The memory to reserve for a streamed list, in bytes: the maximum text of one batch of posts.
const STREAM_BYTES: usize = Listed::MAX_TEXT_BYTES;

/// The maximum number of lists of unknown length that are read from the store and serialized at the
/// same time.
const MAX_LOADING: usize = 4;

/// The maximum time that a request waits for permission to read a list.
const LOADING_TIMEOUT: Duration = Duration::from_secs(1);

/// The memory for long responses. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct ResponseMemory {
    free: Arc<Semaphore>,
    loading: Arc<Semaphore>,
}

impl Default for ResponseMemory {
    fn default() -> Self {
        let [free, loading] =
            [MAX_BYTES, MAX_LOADING].map(|permits| Semaphore::new(permits).into());
        Self { free, loading }
    }
}

impl ResponseMemory {
    /// Returns the memory of the application that received `request`.
    pub(crate) fn of(request: &HttpRequest) -> &Self {
        static DEFAULT: LazyLock<ResponseMemory> = LazyLock::new(ResponseMemory::default);
        request.app_data().unwrap_or(&*DEFAULT)
    }

    /// Waits for a permit to read a list. Returns `None` if no permit is free in time.
    ///
    /// Without this limit, a store could read lists faster than the workers serialize them. Then
    /// the posts of many lists would be in memory at the same time.
    pub(crate) async fn begin_loading(&self) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.loading).acquire_owned();
        timeout(LOADING_TIMEOUT, permit).await.ok()?.ok()
    }

    /// Reserves the memory for a response. Returns `None` if the response is short.
    ///
    /// # Errors
    ///
    /// [`ApiError::TooManyResponses`] if there is not enough memory.
    pub(crate) fn reserve(&self, size: BodySize) -> Result<Option<Reservation>, ApiError> {
        match permits(size) {
            0 => Ok(None),
            permits => match Arc::clone(&self.free).try_acquire_many_owned(permits) {
                Ok(permit) => Ok(Some(Reservation(Arc::new(permit)))),
                Err(_) => Err(ApiError::TooManyResponses),
            },
        }
    }

    /// Returns whether a body of `bytes` bytes needs no reservation.
    pub(crate) fn is_short(bytes: u64) -> bool {
        permits(BodySize::Sized(bytes)) == 0
    }

    /// Returns whether little memory is free.
    pub(crate) fn is_scarce(&self) -> bool {
        self.free.available_permits() < SCARCE_BYTES
    }
}

/// Returns the number of permits for a response: one for each byte, but none for a short response.
/// A response that is longer than [`MAX_BYTES`] needs all permits.
fn permits(size: BodySize) -> u32 {
    let bytes = match size {
        BodySize::None => 0,
        BodySize::Sized(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
        BodySize::Stream => STREAM_BYTES,
    };
    let counted = if bytes < MIN_COUNTED_BYTES { 0 } else { bytes.min(MAX_BYTES) };
    u32::try_from(counted).unwrap_or(u32::MAX)
}

/// The reserved memory of a response. The reservation is an extension of the response.
///
/// The connection stores a clone with each chunk of the body until it has sent the chunk. The
/// memory is free when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Reservation(
    #[expect(dead_code, reason = "dropping the permit frees the memory")] Arc<OwnedSemaphorePermit>,
);

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> BodySize {
        BodySize::Sized(length.try_into().unwrap())
    }

    #[test]
    fn short_responses_need_no_memory() {
        let memory = ResponseMemory::default();
        let _all = memory.reserve(bytes(MAX_BYTES)).unwrap();

        assert!(memory.reserve(BodySize::None).is_ok());
        assert!(memory.reserve(bytes(MIN_COUNTED_BYTES - 1)).is_ok());
        assert!(memory.reserve(bytes(MIN_COUNTED_BYTES)).is_err());
        assert!(memory.reserve(BodySize::Stream).is_err());
    }

    #[test]
    fn memory_is_free_again_when_the_last_clone_is_dropped() {
        let memory = ResponseMemory::default();
        let reservation = memory.reserve(bytes(MAX_BYTES)).unwrap();
        let clone = reservation.clone();

        drop(reservation);
        assert!(memory.is_scarce());
        drop(clone);

        assert!(!memory.is_scarce());
        assert!(memory.reserve(bytes(MAX_BYTES)).is_ok());
    }

    #[test]
    fn one_response_may_be_longer_than_the_memory() {
        let memory = ResponseMemory::default();

        assert!(memory.reserve(BodySize::Sized(u64::MAX)).unwrap().is_some());
    }
}
