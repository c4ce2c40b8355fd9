//! The functions of the fuzz targets. Each function panics if an input causes a defect.
//!
//! The programs in `fuzz_targets` call these functions with generated inputs. The tests in `tests`
//! call them with the inputs in `seeds`.

mod http_requests;
mod posts_archive;
mod resettable_store;
mod search;

use actix_web::rt::{System, SystemRunner};

pub use http_requests::http_requests;
pub use posts_archive::posts_archive;
pub use search::search;

/// Runs a future on the runtime of this thread. All inputs share the runtime, because it is slow to
/// start a runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    thread_local! {
        static SYSTEM: SystemRunner = System::new();
    }
    SYSTEM.with(|system| system.block_on(future))
}
