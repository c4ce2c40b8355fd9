//! Reading while another task writes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::spawn;

/// How many reads have to overlap with a write.
const OVERLAPS: u32 = 10;

/// Calls `write` again and again in a task of its own, with 0, 1, 2 and so on, and `read` beside it,
/// until that has overlapped with a write often enough to show something.
pub(crate) async fn read_while_writing<W: Future<Output = ()> + Send>(
    mut write: impl FnMut(u64) -> W + Send + 'static,
    mut read: impl AsyncFnMut(),
) {
    let written = Arc::new(AtomicU64::new(0));
    let is_enough = Arc::new(AtomicBool::new(false));
    let writer = spawn({
        let (written, is_enough) = (Arc::clone(&written), Arc::clone(&is_enough));
        async move {
            while !is_enough.load(Ordering::SeqCst) {
                write(written.load(Ordering::SeqCst)).await;
                written.fetch_add(1, Ordering::SeqCst);
            }
        }
    });

    let mut overlaps = 0;
    while overlaps < OVERLAPS && !writer.is_finished() {
        let before = written.load(Ordering::SeqCst);
        read().await;
        // A write has ended meanwhile.
        if written.load(Ordering::SeqCst) > before {
            overlaps += 1;
        }
    }
    is_enough.store(true, Ordering::SeqCst);
    writer.await.unwrap();
}
