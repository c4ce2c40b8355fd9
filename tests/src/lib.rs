//! Helpers for the black-box tests: a server on a free port, a client with one method for each
//! endpoint, and responses with assertions.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a failed expectation is how a test fails"
)]

mod adapter;
mod answer;
mod app;
pub mod browser;
mod case;
pub mod console;
mod documented;
pub mod imports;
mod panics;
mod repeatable;
pub mod requirement;
pub mod workspace;

pub use adapter::{Adapter, OpenStore};
pub use answer::Answer;
pub use app::{TestApp, cache_is_off, in_system, long_post, trial, valid_post};
pub use case::Case;
pub use panics::{EXPECTED_PANIC, hide_expected_panics};

/// Compiles and runs the example in `docs/TESTING.md`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/TESTING.md")]
pub struct TestingGuide;

/// Compiles the adapter in `docs/ARCHITECTURE.md` and runs the storage contract on it.
#[cfg(doctest)]
#[doc = include_str!("../../docs/ARCHITECTURE.md")]
pub struct ArchitectureGuide;
