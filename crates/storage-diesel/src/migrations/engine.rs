//! The differences between the SQL engines in migrations.

use std::error::Error as StdError;

use diesel::{
    backend::Backend,
    migration::{MigrationConnection, MigrationSource, MigrationVersion},
    prelude::*,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::{
    connection::AnyConnection,
    sql_types::{StoredTokens, StoredUuid},
};

pub(super) type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

/// A SQL engine that is being migrated.
pub(super) trait Migrating {
    /// Begins a transaction. Another instance cannot begin such a transaction before this one ends.
    ///
    /// PostgreSQL also refuses a database of another program here. For SQLite,
    /// [`check_file`](super::check_file) does that.
    fn begin(&mut self) -> Result<()>;

    /// Refuses a database with a migration that this program does not know. A newer version of the
    /// program has run that migration.
    fn refuse_newer(&mut self) -> Result<()>;

    /// Runs the first pending migration and returns its version. Returns `None` when none is
    /// pending.
    fn run_next(&mut self) -> Result<Option<String>>;

    /// Stores the search tokens of posts.
    fn store_tokens(&mut self, tokens: Vec<(StoredUuid, StoredTokens)>) -> QueryResult<()>;
}

/// Returns the engine behind a connection.
pub(super) fn migrating(db: &mut AnyConnection) -> &mut dyn Migrating {
    match db {
        AnyConnection::Sqlite(db) => db,
        AnyConnection::Postgres(db) => db,
    }
}

pub(super) fn refuse_newer<C>(db: &mut C, migrations: &EmbeddedMigrations) -> Result<()>
where
    C: MigrationHarness<C::Backend> + MigrationConnection,
    C::Backend: Backend,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let known = MigrationSource::<C::Backend>::migrations(migrations)?;
    let is_known = |applied: &MigrationVersion<'_>| {
        known.iter().any(|migration| migration.name().version() == *applied)
    };
    if db.applied_migrations()?.iter().all(is_known) {
        Ok(())
    } else {
        Err("it was migrated by a newer version of this program".into())
    }
}

pub(super) fn run_next<C>(db: &mut C, migrations: EmbeddedMigrations) -> Result<Option<String>>
where
    C: MigrationHarness<C::Backend> + MigrationConnection,
    C::Backend: Backend + 'static,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let pending = db.pending_migrations(migrations)?;
    let Some(next) = pending.first() else { return Ok(None) };
    Ok(Some(db.run_migration(next)?.to_string()))
}
