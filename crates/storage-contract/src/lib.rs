//! What every [`PostStore`](domain::ports::PostStore) must do, executable: the MUSTs of the ports' documentation that show
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
//! and in `tests/contract.rs` says how to make an empty store. Its `main` is:
//!
//! ```no_run
//! # use std::{process::ExitCode, sync::Arc};
//! # use domain::ports::PostStore;
//! # fn main_with<MyRepository: PostStore + Default + 'static>() -> ExitCode {
//! use storage_contract::{Store, Subject};
//!
//! storage_contract::run([Subject::new("mine", async || {
//!     Ok(Store::new(Arc::new(MyRepository::default())))
//! })])
//! # }
//! # fn main() {}
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

mod case;
mod cases;
mod overlap;
mod reference;
pub mod requirement;
mod sample;
mod store;
mod suite;

pub use requirement::Missing;
pub use store::{Sabotage, Store};
pub use suite::{Subject, run};
