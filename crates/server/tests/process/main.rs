//! The program `blog-api` as whoever starts it sees it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how a test fails"
)]

/// Moving posts: `transfer`, `export`, `import`.
mod archive;
/// Killed while it writes.
mod crash;
/// The program under test.
mod program;
/// What it refuses to start with.
mod refusals;
/// What it starts with, and how it stops.
mod start;
/// PostgreSQL by TLS, in builds with and without.
mod tls;
