//! A test suite for implementations of [`BlogStore`](domain::ports::BlogStore).
//!
//! It has test cases for the requirements (MUST) in the documentation of
//! [`PostRepository`](domain::ports::PostRepository), [`PostRevisions`](domain::ports::PostRevisions),
//! [`PostArchive`](domain::ports::PostArchive), [`ApiKeyRepository`](domain::ports::ApiKeyRepository)
//! and [`PreviewSecretStore`](domain::ports::PreviewSecretStore). The adapter's own tests must cover
//! the requirements that the suite does not test:
//!
//! - A method never blocks the thread that polls it.
//! - A list does not load many more posts than it returns.
//! - Several instances of the server create only one post for an idempotency key.
//! - Several instances of the server return the same preview secret.
//! - A change by another process leads to another revision.
//! - Posts, API keys and the preview secret survive a crash or a restart.
//!
//! # To test an adapter
//!
//! Add a test without the standard harness to the adapter's `Cargo.toml`:
//!
//! ```toml
//! [[test]]
//! name = "contract"
//! harness = false
//! ```
//!
//! In `tests/contract.rs`, say how to create an empty store:
//!
//! ```no_run
//! # use std::{process::ExitCode, sync::Arc};
//! # use domain::ports::BlogStore;
//! # fn main_with<MyRepository: BlogStore + Default + 'static>() -> ExitCode {
//! use storage_contract::{Store, Subject};
//!
//! storage_contract::run([Subject::new("mine", async || {
//!     Ok(Store::new(Arc::new(MyRepository::default())))
//! })])
//! # }
//! # fn main() {}
//! ```
//!
//! If a test can access the stored data without the adapter, implement [`FaultInjection`] and call
//! [`Subject::with_faults`]. This adds cases for corrupt posts and keys, and for a blocked store.
//!
//! # To add a case
//!
//! Write an `async fn case(store: Store)` in a module of `cases` and add its name to that module's
//! list. The compiler warns about a case that is in no list.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how a test fails"
)]

mod case;
mod cases;
mod overlap;
mod reference;
pub mod requirement;
mod sample;
mod store;
mod suite;

pub use requirement::Missing;
pub use store::{FaultInjection, Store};
pub use suite::{Subject, run};
