//! Migrates a PostgreSQL database in a transaction that holds the lock of a row.
//!
//! An advisory lock would not always work. Some servers that support PostgreSQL's protocol have no
//! advisory locks, and some connection poolers do not support them.

use std::time::Duration;

use backon::{BlockingRetryable as _, ConstantBuilder};
use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _},
    dsl::sql,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    select,
    sql_types::Bool,
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::engine::{Migrating, Result, refuse_newer, run_next};
use crate::sql_types::{PortableTokens, PortableUuid, StoredTokens, StoredUuid};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// How long an instance waits while another instance migrates.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

impl Migrating for PgConnection {
    fn begin(&mut self) -> Result<()> {
        refuse_foreign(self)?;
        create_lock(self)?;
        // In READ COMMITTED every statement has a new snapshot. So a statement that reads the list
        // of pending migrations also sees what was committed while this instance waited for the
        // lock.
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
        AnsiTransactionManager::begin_transaction_sql(self, begin)?;
        Ok(lock(self).inspect_err(|_| {
            let _ = AnsiTransactionManager::rollback_transaction(self);
        })?)
    }

    fn refuse_newer(&mut self) -> Result<()> {
        refuse_newer(self, &MIGRATIONS)
    }

    fn run_next(&mut self) -> Result<Option<String>> {
        run_next(self, MIGRATIONS)
    }

    fn store_tokens(&mut self, tokens: Vec<(StoredUuid, StoredTokens)>) -> QueryResult<()> {
        StoreTokens(tokens).execute(self)?;
        Ok(())
    }
}

/// Refuses a database that has a table `posts` of another program.
fn refuse_foreign(db: &mut PgConnection) -> Result<()> {
    let is_foreign = select(sql::<Bool>(
        "to_regclass('posts') IS NOT NULL AND to_regclass('__diesel_schema_migrations') IS NULL",
    ));
    if is_foreign.get_result(db)? {
        return Err("it has a table \"posts\" of another program".into());
    }
    Ok(())
}

/// Creates the row to lock. `CREATE TABLE IF NOT EXISTS` can fail when several instances run it at
/// once, so it is retried.
fn create_lock(db: &mut PgConnection) -> QueryResult<()> {
    const CREATE: &str = "CREATE TABLE IF NOT EXISTS blog_migration_lock (id integer PRIMARY KEY);
         INSERT INTO blog_migration_lock VALUES (1) ON CONFLICT DO NOTHING";
    let attempts = ConstantBuilder::new().with_delay(Duration::from_millis(50)).with_max_times(20);
    (|| db.batch_execute(CREATE)).retry(attempts).call()
}

/// Locks the row until the transaction ends. Once it has the lock, the transaction may take any
/// time, but may wait only a limited time for other locks.
fn lock(db: &mut PgConnection) -> QueryResult<()> {
    let timeout = LOCK_TIMEOUT.as_millis();
    db.batch_execute(&format!(
        "SET LOCAL lock_timeout = {timeout}; SET LOCAL statement_timeout = {timeout}"
    ))?;
    db.batch_execute("SELECT id FROM blog_migration_lock FOR UPDATE")?;
    db.batch_execute(
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
    )
}

/// Stores the tokens of many rows in one statement, because each statement is a round trip.
struct StoreTokens(Vec<(StoredUuid, StoredTokens)>);

impl QueryFragment<Pg> for StoreTokens {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("UPDATE posts SET words = new.words FROM (VALUES ");
        for (n, (id, tokens)) in self.0.iter().enumerate() {
            out.push_sql(if n == 0 { "(" } else { "), (" });
            out.push_bind_param::<PortableUuid, StoredUuid>(id)?;
            out.push_sql(", ");
            out.push_bind_param::<PortableTokens, StoredTokens>(tokens)?;
        }
        out.push_sql(")) AS new (id, words) WHERE posts.id = new.id");
        Ok(())
    }
}

impl QueryId for StoreTokens {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<PgConnection> for StoreTokens {}
