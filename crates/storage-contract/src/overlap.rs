//! Runs reads concurrently with writes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::spawn;

/// The number of reads that must overlap with a write.
const MIN_OVERLAPS: u32 = 10;

/// Repeats `read` until enough reads have overlapped with a write. Meanwhile a second task calls
/// `write` with 0, 1, 2 and so on.
pub(crate) async fn read_while_writing<W: Future<Output = ()> + Send>(
    mut write: impl FnMut(u64) -> W + Send + 'static,
    mut read: impl AsyncFnMut(),
) {
    let written = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let writer = spawn({
        let (written, stop) = (Arc::clone(&written), Arc::clone(&stop));
        async move {
            while !stop.load(Ordering::SeqCst) {
                write(written.load(Ordering::SeqCst)).await;
                written.fetch_add(1, Ordering::SeqCst);
            }
        }
    });

    let mut overlaps = 0;
    while overlaps < MIN_OVERLAPS && !writer.is_finished() {
        let before = written.load(Ordering::SeqCst);
        read().await;
        // If a write ended during the read, the two overlapped.
        if written.load(Ordering::SeqCst) > before {
            overlaps += 1;
        }
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.unwrap();
}
