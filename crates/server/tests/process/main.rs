//! Tests of the program `blog-api` as an operator runs it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how a test fails"
)]

/// The commands `transfer`, `export` and `import`.
mod archive;
/// Recovery after SIGKILL during writes.
mod crash;
/// API keys: the commands, and how running servers see their changes.
mod keys;
/// A database file that is deleted, replaced or truncated while the server runs.
mod lost_file;
/// Starts and stops the program under test.
mod program;
/// Invalid settings, with which the program does not start.
mod refusals;
/// Starting, options, output and graceful shutdown.
mod start;
/// TLS connections to PostgreSQL, in builds with and without the feature `tls`.
mod tls;
