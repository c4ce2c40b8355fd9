//! Bounds the memory of response bodies over all connections.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use actix_web::{HttpRequest, rt::time::timeout, web::Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The maximum total size of the long chunks that clients have not received yet, in bytes.
const MAX_BYTES: usize = 16 << 20;

/// The minimum size of a long chunk, in bytes. A shorter chunk needs no reservation, because the
/// kernel usually accepts it at once.
const MIN_COUNTED_BYTES: usize = 64 << 10;

/// The maximum number of lists of unknown length that are read from the store and serialized at the
/// same time.
const MAX_LOADING: usize = 4;

/// How long a request waits to read a list.
const LOADING_TIMEOUT: Duration = Duration::from_secs(1);

/// The memory for long chunks of response bodies. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Buffers {
    held: Arc<Semaphore>,
    loading: Arc<Semaphore>,
}

impl Default for Buffers {
    fn default() -> Self {
        let [held, loading] =
            [MAX_BYTES, MAX_LOADING].map(|permits| Semaphore::new(permits).into());
        Self { held, loading }
    }
}

impl Buffers {
    /// Returns the buffers of the application that received `request`.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        static DEFAULT: LazyLock<Buffers> = LazyLock::new(Buffers::default);
        request.app_data().unwrap_or(&*DEFAULT).clone()
    }

    /// Waits until a list may be read. Without this, a store could read lists faster than a worker
    /// serializes them, and the posts would occupy the memory. Returns `None` if the wait takes
    /// too long.
    pub(crate) async fn begin_loading(&self) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.loading).acquire_owned();
        timeout(LOADING_TIMEOUT, permit).await.ok()?.ok()
    }

    /// Reserves memory for a chunk that exists already. Returns `None` if there is not enough.
    pub(crate) fn try_reserve(&self, bytes: usize) -> Option<Reservation> {
        match permits(bytes) {
            0 => Some(Reservation(None)),
            permits => {
                let permit = Arc::clone(&self.held).try_acquire_many_owned(permits).ok()?;
                Some(Reservation(Some(permit)))
            }
        }
    }

    /// Waits until there is memory for a chunk of up to `bytes` bytes, and reserves the memory.
    pub(crate) async fn reserve(&self, bytes: usize) -> Reservation {
        // The semaphore is never closed.
        Reservation(Arc::clone(&self.held).acquire_many_owned(permits(bytes)).await.ok())
    }
}

/// Returns the number of permits for a chunk: one for each byte, but none for a short chunk. A
/// chunk that is longer than [`MAX_BYTES`] needs all permits.
fn permits(bytes: usize) -> u32 {
    let counted = if bytes < MIN_COUNTED_BYTES { 0 } else { bytes.min(MAX_BYTES) };
    u32::try_from(counted).unwrap_or(u32::MAX)
}

/// Reserved memory for a chunk. Dropping the reservation frees the memory.
#[derive(Debug)]
pub(crate) struct Reservation(Option<OwnedSemaphorePermit>);

impl Reservation {
    /// Keeps the memory reserved until the connection has sent the chunk and drops it.
    pub(crate) fn hold(mut self, chunk: String) -> Bytes {
        self.shrink_to(chunk.len());
        Bytes::from_owner(Held { chunk, _reserved: self })
    }

    /// Frees the memory that a chunk of `bytes` does not need.
    fn shrink_to(&mut self, bytes: usize) {
        if let Reservation(Some(permit)) = self {
            let needed = usize::try_from(permits(bytes)).unwrap_or(usize::MAX);
            drop(permit.split(permit.num_permits().saturating_sub(needed)));
        }
    }
}

/// A chunk and its reservation.
struct Held {
    chunk: String,
    _reserved: Reservation,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        self.chunk.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn short_chunks_need_no_reservation() {
        let buffers = Buffers::default();
        let _all = buffers.try_reserve(MAX_BYTES).unwrap();

        assert!(buffers.try_reserve(MIN_COUNTED_BYTES - 1).is_some());
        assert!(buffers.try_reserve(MIN_COUNTED_BYTES).is_none());
    }

    #[test]
    fn a_chunk_waits_until_another_one_is_dropped() {
        let buffers = Buffers::default();
        let first = buffers.try_reserve(MAX_BYTES - MIN_COUNTED_BYTES).unwrap();
        let mut second = Box::pin(buffers.reserve(2 * MIN_COUNTED_BYTES));
        assert!(second.as_mut().now_or_never().is_none());

        drop(first);

        assert!(second.now_or_never().is_some());
    }

    #[test]
    fn a_chunk_occupies_its_own_size_until_its_last_part_is_dropped() {
        let buffers = Buffers::default();
        let chunk = buffers.try_reserve(MAX_BYTES).unwrap().hold("x".repeat(MIN_COUNTED_BYTES));

        assert!(buffers.try_reserve(MAX_BYTES - MIN_COUNTED_BYTES).is_some());
        assert!(buffers.try_reserve(MAX_BYTES).is_none());
        let part = chunk.slice(1..2);
        drop(chunk);
        assert!(buffers.try_reserve(MAX_BYTES).is_none());
        drop(part);
        assert!(buffers.try_reserve(MAX_BYTES).is_some());
    }

    #[test]
    fn a_chunk_may_be_longer_than_all_buffers() {
        let buffers = Buffers::default();

        assert!(buffers.try_reserve(2 * MAX_BYTES).is_some());
    }
}
