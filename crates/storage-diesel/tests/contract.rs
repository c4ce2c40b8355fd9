//! The port's contract, kept on SQLite.

#![allow(clippy::expect_used, reason = "a test may fail")]

use std::{process::ExitCode, sync::Arc};

use storage_contract::Store;
use storage_diesel::DieselPostRepository;

fn main() -> ExitCode {
    storage_contract::run(async || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let posts = DieselPostRepository::open_sqlite(&folder.path().join("blog.db"));
        Store::with_resources(Arc::new(posts.expect("a new database")), folder)
    })
}
