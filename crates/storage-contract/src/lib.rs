//! What every [`PostStore`] must do, executable: the MUSTs of the ports' documentation that show from the outside, one named test each. What survives a restart, and what a row that was
//! tampered with becomes, is for an adapter's own tests: they need its files.
//!
//! # To join
//!
//! An adapter adds a test without a harness of its own to its `Cargo.toml`
//!
//! ```toml
//! [[test]]
//! name = "contract"
//! harness = false
//! ```
//!
//! and in `tests/contract.rs` says how to make an empty store:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use storage_memory::MemoryPostRepository as MyRepository;
//! use storage_contract::{Store, Subject};
//!
//! fn main() -> std::process::ExitCode {
//!     storage_contract::run([Subject::new("mine", async || {
//!         Ok(Store::new(Arc::new(MyRepository::default())))
//!     })])
//! }
//! ```
//!
//! # To add a case
//!
//! Write an `async fn case(store: Store)` into the module of [`cases`](crate) it belongs to and
//! name it in that module's list: the compiler warns of one that is in no list.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how a test fails"
)]

/// Lists cases by the names of their functions.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        &[$($crate::Case {
            name: concat!(module_path!(), "::", stringify!($case)),
            run: |store| Box::pin($case(store)),
        }),*]
    };
}

mod cases;
pub mod requirement;
mod sample;

use std::{any::Any, process::ExitCode, sync::Arc};

use domain::ports::PostStore;
use futures::future::LocalBoxFuture;
use libtest_mimic::{Arguments, Completion, Trial};

pub use requirement::Missing;

/// An empty store, one case's own.
pub struct Store {
    posts: Arc<dyn PostStore>,
    _resources: Box<dyn Any + Send>,
}

impl Store {
    /// A store that needs nothing but itself.
    #[must_use]
    pub fn new(posts: Arc<dyn PostStore>) -> Self {
        Self::with_resources(posts, ())
    }

    /// A store that lives on something, a temporary folder say, to be dropped after the case.
    #[must_use]
    pub fn with_resources(posts: Arc<dyn PostStore>, resources: impl Any + Send) -> Self {
        Self { posts, _resources: Box::new(resources) }
    }
}

/// One thing that every repository must do.
struct Case {
    name: &'static str,
    run: fn(Store) -> LocalBoxFuture<'static, ()>,
}

/// A repository to run the suite on.
#[derive(Clone)]
pub struct Subject {
    name: &'static str,
    empty: Arc<dyn Fn() -> LocalBoxFuture<'static, Result<Store, Missing>> + Send + Sync>,
}

impl Subject {
    /// A repository by its name, and how to make an empty store of it, or why that cannot be done
    /// here.
    pub fn new(
        name: &'static str,
        empty: impl AsyncFn() -> Result<Store, Missing> + Send + Sync + 'static,
    ) -> Self {
        let empty = Arc::new(empty);
        let empty = move || -> LocalBoxFuture<'static, Result<Store, Missing>> {
            let empty = Arc::clone(&empty);
            Box::pin(async move { empty().await })
        };
        Self { name, empty: Arc::new(empty) }
    }
}

/// Runs the suite as a test program: takes the arguments of `cargo test`, runs every case on an
/// empty store of each subject, and answers with what to exit with.
pub fn run(subjects: impl IntoIterator<Item = Subject>) -> ExitCode {
    let trials = subjects.into_iter().flat_map(|subject| {
        cases::ALL.iter().copied().flatten().map(move |case| trial(subject.clone(), case))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn trial(subject: Subject, case: &'static Case) -> Trial {
    let name = case.name.trim_start_matches("storage_contract::cases::");
    Trial::ignorable_test(format!("{}::{name}", subject.name), move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            match (subject.empty)().await {
                Ok(store) => {
                    (case.run)(store).await;
                    Ok(Completion::Completed)
                }
                Err(missing) => missing.completion(),
            }
        })
    })
}
