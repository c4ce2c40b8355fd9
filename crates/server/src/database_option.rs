//! The option for the store. The server and most commands have it.

use clap::Args;

use crate::storage::Storage;

/// The option for the store.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct Database {
    /// The store of posts: `sqlite://PATH` (a file, created if missing), `postgres://…` (any URL
    /// that libpq accepts) or `memory:` (lost at exit).
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        default_value = Storage::DEFAULT_URL,
        hide_env_values = true
    )]
    pub database_url: String,
}
