//! The port's contract, kept on every kind of database.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail")]

use std::{process::ExitCode, sync::Arc};

use storage_contract::{Missing, Store, Subject};
use storage_diesel::{DieselPostRepository, testing::TestPostgres};

fn main() -> ExitCode {
    storage_contract::run([
        Subject::new("sqlite", async || {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let url = format!("sqlite://{}", folder.path().join("blog.db").display());
            Ok(Store::with_resources(open(&url), folder))
        }),
        Subject::new("postgres", async || {
            let schema = TestPostgres::create();
            let schema = schema.map_err(|why| Missing(format!("PostgreSQL: {why}")))?;
            Ok(Store::with_resources(open(&schema.url()), schema))
        }),
    ])
}

fn open(url: &str) -> Arc<DieselPostRepository> {
    Arc::new(DieselPostRepository::open(url.parse().unwrap()).unwrap())
}
