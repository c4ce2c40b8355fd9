//! Migrates an SQLite file in a transaction that holds the write lock of the file.

use std::time::Duration;

use backon::{BlockingRetryable as _, ConstantBuilder};
use diesel::{connection::AnsiTransactionManager, prelude::*, table};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::engine::{Migrating, Result, refuse_newer, run_next};
use crate::{
    error::is_locked,
    schema::posts,
    sql_types::{StoredTokens, StoredUuid},
};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// How many times to try again to get the write lock. Another instance holds the lock while it
/// migrates. SQLite waits for two seconds in each attempt.
const LOCK_ATTEMPTS: usize = 30;

impl Migrating for SqliteConnection {
    fn begin(&mut self) -> Result<()> {
        let begin = || AnsiTransactionManager::begin_transaction_sql(self, "BEGIN IMMEDIATE");
        let attempts =
            ConstantBuilder::new().with_delay(Duration::ZERO).with_max_times(LOCK_ATTEMPTS);
        Ok(begin.retry(attempts).when(is_locked).call()?)
    }

    fn refuse_newer(&mut self) -> Result<()> {
        refuse_newer(self, &MIGRATIONS)
    }

    fn run_next(&mut self) -> Result<Option<String>> {
        run_next(self, MIGRATIONS)
    }

    fn store_tokens(&mut self, tokens: Vec<(StoredUuid, StoredTokens)>) -> QueryResult<()> {
        for (id, tokens) in tokens {
            diesel::update(posts::table.find(id)).set(posts::words.eq(tokens)).execute(self)?;
        }
        Ok(())
    }
}

/// Checks that a file is empty or was written by this version of the program or an earlier one.
/// Changes nothing.
pub(crate) fn check_file(db: &mut SqliteConnection) -> Result<()> {
    let tables: Vec<String> = sqlite_master::table
        .select(sqlite_master::name)
        .filter(sqlite_master::type_.eq("table"))
        .load(db)?;
    if tables.is_empty() {
        return Ok(());
    }
    if !tables.iter().any(|table| table == "__diesel_schema_migrations") {
        return Err("it is the database of another program".into());
    }
    refuse_newer(db, &MIGRATIONS)
}

table! {
    /// SQLite's own list of the tables and indexes of a database.
    sqlite_master (name) {
        name -> Text,
        #[sql_name = "type"]
        type_ -> Text,
    }
}
