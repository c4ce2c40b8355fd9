//! What every [`PostStore`] must do, executable: the MUSTs of the ports' documentation that show
//! from the outside, one named test each. That posts survive a restart is for an adapter's own
//! tests: they need its files.
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
//! Where a test can get at what is stored behind the adapter's back, implement [`Sabotage`] and say
//! [`Subject::sabotaged`]: there are cases for corrupt posts and for a store that is down.
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

use domain::{
    Keyset, Post, PostId, PostQuery, Start, Window,
    ports::{PostStore, PostsWithTotal, RepositoryError},
};
use futures::future::LocalBoxFuture;
use libtest_mimic::{Arguments, Completion, Trial};

pub use requirement::Missing;

use crate::sample::every_post;

/// An empty store, one case's own.
pub struct Store {
    posts: Arc<dyn PostStore>,
    sabotage: Option<Box<dyn Sabotage>>,
    _resources: Box<dyn Any + Send>,
}

/// Does to a store behind its back what a machine, a person or a bug might.
pub trait Sabotage: Send {
    /// Makes what is stored of a post something that is no post any more.
    fn corrupt(&mut self, id: PostId);

    /// Keeps the store from writing, as a lock held elsewhere does, or a server that is down.
    fn block(&mut self);

    /// Lets it write again.
    fn unblock(&mut self);
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
        Self { posts, sabotage: None, _resources: Box::new(resources) }
    }

    /// The same store, which can be sabotaged.
    #[must_use]
    pub fn with_sabotage(self, sabotage: impl Sabotage + 'static) -> Self {
        Self { sabotage: Some(Box::new(sabotage)), ..self }
    }

    /// All posts, newest first.
    async fn all(&self) -> Result<Vec<Post>, RepositoryError> {
        self.posts.list(&every_post()).await
    }

    async fn insert(&self, posts: &[Post]) {
        for post in posts {
            self.posts.insert(post).await.unwrap();
        }
    }

    /// The first `limit` posts of a query, or the first after a keyset.
    async fn list(&self, query: &PostQuery, after: Option<Keyset>, limit: u32) -> Vec<Post> {
        let start = after.map_or(Start::First, Start::After);
        self.posts.list(&query.with_window(Window { start, limit })).await.unwrap()
    }

    /// The posts of a query after `offset`, and the total.
    async fn list_with_total(&self, query: &PostQuery, offset: u64, limit: u32) -> PostsWithTotal {
        let window = Window { start: Start::Offset(offset), limit };
        self.posts.list_with_total(&query.with_window(window)).await.unwrap()
    }

    /// All posts of a query, on cursor pages of `size`.
    async fn stream(&self, query: &PostQuery, size: u32) -> Vec<Post> {
        let (mut yielded, mut after) = (Vec::new(), None);
        loop {
            let page = self.list(query, after, size).await;
            assert!(page.len() <= usize::try_from(size).unwrap());
            let Some(last) = page.last() else { return yielded };
            after = Some(Keyset::of(last, query.order.key));
            yielded.extend(page);
        }
    }

    fn sabotage(&mut self) -> &mut dyn Sabotage {
        self.sabotage.as_deref_mut().expect("the subject's stores come with a sabotage")
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
    cases: Vec<&'static Case>,
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
        let cases = cases::ALL.iter().copied().flatten().collect();
        Self { name, cases, empty: Arc::new(empty) }
    }

    /// The same repository, whose stores can be sabotaged: the suite has cases for that too.
    #[must_use]
    pub fn sabotaged(mut self) -> Self {
        self.cases.extend(cases::WITH_SABOTAGE);
        self
    }
}

/// Runs the suite as a test program: takes the arguments of `cargo test`, runs every case on an
/// empty store of each subject, and answers with what to exit with.
pub fn run(subjects: impl IntoIterator<Item = Subject>) -> ExitCode {
    let trials = subjects.into_iter().flat_map(|subject| {
        subject.cases.clone().into_iter().map(move |case| trial(subject.clone(), case))
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
