//! Brings a database up to date with the migrations compiled in.
//!
//! The list of what is pending is read under the lock that the changes are made under, so of many
//! instances that start at once one migrates and the others wait and find it done. The lock is the
//! write lock of an SQLite file, and a row of a table on a server: advisory locks are not to be
//! had on every engine that speaks PostgreSQL's protocol, nor behind every pooler.

mod words;

use std::{
    error::Error as StdError,
    time::{Duration, Instant},
};

use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager},
    migration::{MigrationConnection, MigrationSource, MigrationVersion},
    prelude::*,
    table,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{connection::AnyConnection, error::is_locked};

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

type Transactions = <AnyConnection as Connection>::TransactionManager;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The migration after which the posts that are there have no words yet.
const ADDS_WORDS: &str = "20261123000000";

/// How long an instance waits for another one to migrate.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs what is pending, all of it or nothing. Refuses a database that a newer version has made.
pub(crate) fn run(db: &mut AnyConnection) -> Result<()> {
    if let AnyConnection::Postgres(db) = db {
        make_lock(db)?;
    }
    begin(db)?;
    match migrate(db) {
        Ok(()) => Ok(Transactions::commit_transaction(db)?),
        Err(error) => {
            // What went wrong first is what there is to know.
            let _ = Transactions::rollback_transaction(db);
            Err(error)
        }
    }
}

/// Opens a transaction that has the lock.
fn begin(db: &mut AnyConnection) -> Result<()> {
    match db {
        AnyConnection::Sqlite(db) => {
            let deadline = Instant::now() + PATIENCE;
            loop {
                match AnsiTransactionManager::begin_transaction_sql(db, "BEGIN IMMEDIATE") {
                    // SQLite has waited already, but not for as long as a migration may take.
                    Err(error) if is_locked(&error) && Instant::now() < deadline => {}
                    begun => return Ok(begun?),
                }
            }
        }
        AnyConnection::Postgres(db) => {
            // What is pending has to be read as of when the lock was had, not of when it was asked for.
            let begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
            AnsiTransactionManager::begin_transaction_sql(db, begin)?;
            lock(db).inspect_err(|_| {
                let _ = AnsiTransactionManager::rollback_transaction(db);
            })?;
            Ok(())
        }
    }
}

fn migrate(db: &mut AnyConnection) -> Result<()> {
    match db {
        AnyConnection::Sqlite(db) => refuse_unknown(db, &SQLITE)?,
        AnyConnection::Postgres(db) => refuse_unknown(db, &POSTGRES)?,
    }
    while let Some(version) = run_next(db)? {
        tracing::info!(%version, "migrated");
        if version == ADDS_WORDS {
            words::index(db)?;
        }
    }
    Ok(())
}

/// Runs the first migration that is pending, if there is one, and tells its version.
fn run_next(db: &mut AnyConnection) -> Result<Option<String>> {
    fn run_next<C>(db: &mut C, migrations: EmbeddedMigrations) -> Result<Option<String>>
    where
        C: MigrationHarness<C::Backend> + MigrationConnection,
        C::Backend: diesel::backend::Backend + 'static,
        EmbeddedMigrations: MigrationSource<C::Backend>,
    {
        let pending = db.pending_migrations(migrations)?;
        let Some(next) = pending.first() else { return Ok(None) };
        Ok(Some(db.run_migration(next)?.to_string()))
    }
    match db {
        AnyConnection::Sqlite(db) => run_next(db, SQLITE),
        AnyConnection::Postgres(db) => run_next(db, POSTGRES),
    }
}

/// A database knows a migration that this program does not: it must not be touched.
fn refuse_unknown<C>(db: &mut C, migrations: &EmbeddedMigrations) -> Result<()>
where
    C: MigrationHarness<C::Backend> + MigrationConnection,
    C::Backend: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let known = MigrationSource::<C::Backend>::migrations(migrations)?;
    let is_known = |applied: &MigrationVersion<'_>| {
        known.iter().any(|migration| migration.name().version() == *applied)
    };
    if db.applied_migrations()?.iter().all(is_known) {
        Ok(())
    } else {
        Err("it was made by a newer version of this program".into())
    }
}

/// Makes the row to lock. Two instances can meet even in "if not exists", which is no lock itself.
fn make_lock(db: &mut PgConnection) -> Result<()> {
    const ATTEMPTS: usize = 20;
    const MAKE: &str = "CREATE TABLE IF NOT EXISTS blog_migration_lock (id integer PRIMARY KEY);
                        INSERT INTO blog_migration_lock VALUES (1) ON CONFLICT DO NOTHING";
    let mut made = db.batch_execute(MAKE);
    for _ in 1..ATTEMPTS {
        if made.is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
        made = db.batch_execute(MAKE);
    }
    Ok(made?)
}

/// Waits for the row, and keeps it until the transaction ends, which may then take its time.
fn lock(db: &mut PgConnection) -> QueryResult<()> {
    let patience = PATIENCE.as_millis();
    db.batch_execute(&format!(
        "SET LOCAL lock_timeout = {patience}; SET LOCAL statement_timeout = {patience}"
    ))?;
    db.batch_execute("SELECT id FROM blog_migration_lock FOR UPDATE")?;
    db.batch_execute(
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
    )
}

/// Makes sure that a file is empty or was made by these migrations, of this version of the program
/// or an earlier one. Changes nothing.
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
    refuse_unknown(db, &SQLITE)
}

table! {
    /// SQLite's own list of what is in a database.
    sqlite_master (name) {
        name -> Text,
        #[sql_name = "type"]
        type_ -> Text,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use diesel::{pg::Pg, sqlite::Sqlite};

    use super::*;
    use crate::connection::{Database, DatabaseUrl};

    fn database(path: &std::path::Path) -> Database {
        let url = format!("sqlite://{}", path.display());
        url.parse::<DatabaseUrl>().unwrap().into_database()
    }

    #[test]
    fn every_migration_can_be_undone_and_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = database(&folder.path().join("blog.db")).prepare().unwrap();

        let AnyConnection::Sqlite(sqlite) = &mut db else { panic!("not SQLite") };
        sqlite.revert_all_migrations(SQLITE).unwrap();

        assert!(sqlite.has_pending_migration(SQLITE).unwrap());
        run(&mut db).unwrap();
    }

    #[test]
    fn the_engines_have_the_same_migrations() {
        let sqlite = MigrationSource::<Sqlite>::migrations(&SQLITE).unwrap();
        let postgres = MigrationSource::<Pg>::migrations(&POSTGRES).unwrap();

        let sqlite: Vec<_> = sqlite.iter().map(|migration| migration.name().to_string()).collect();
        let postgres: Vec<_> =
            postgres.iter().map(|migration| migration.name().to_string()).collect();
        assert_eq!(sqlite, postgres);
    }

    /// What is said of a file that `sql` has made, which has to be left as it was.
    fn refusal(sql: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        other.batch_execute(sql).unwrap();
        drop(other);
        let before = fs::read(&path).unwrap();

        let error = database(&path).prepare().map(drop).unwrap_err();

        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        error.to_string()
    }

    #[test]
    fn the_database_of_another_program_is_left_alone() {
        for table in ["notes", "posts"] {
            let error = refusal(&format!("CREATE TABLE {table} (id INTEGER)"));

            assert!(error.ends_with(": it is the database of another program"), "{error}");
        }
    }

    #[test]
    fn the_database_of_a_newer_version_is_left_alone() {
        let error = refusal(
            "CREATE TABLE __diesel_schema_migrations (
                 version VARCHAR(50) PRIMARY KEY NOT NULL,
                 run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
             );
             INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')",
        );

        assert!(error.ends_with(": it was made by a newer version of this program"), "{error}");
    }
}
