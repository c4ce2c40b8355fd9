//! Runs the pending migrations of a database. The migrations are compiled into the program.
//!
//! An instance of the program holds one lock while it reads the list of pending migrations and runs
//! them. So when several instances start at once, one of them migrates. The others wait and then
//! find no pending migration.

mod engine;
mod postgres;
mod sqlite;
mod tokenizer_v1;
mod tokens;

use diesel::connection::TransactionManager as _;

use self::engine::{Result, migrating};
pub(crate) use self::sqlite::check_file;
use crate::connection::{AnyConnection, Transactions};

/// The migration that adds the column for search tokens. After it, the program stores the tokens of
/// existing posts.
const ADDS_TOKENS: &str = "20261123000000";

/// Runs all pending migrations, or none of them if one fails. Refuses the database of a newer
/// version of the program and, on PostgreSQL, the database of another program.
pub(crate) fn run(db: &mut AnyConnection) -> Result<()> {
    migrating(db).begin()?;
    match migrate(db) {
        Ok(()) => Ok(Transactions::commit_transaction(db)?),
        Err(error) => {
            // The first error is reported, even if the rollback fails too.
            let _ = Transactions::rollback_transaction(db);
            Err(error)
        }
    }
}

fn migrate(db: &mut AnyConnection) -> Result<()> {
    migrating(db).refuse_newer()?;
    while let Some(version) = migrating(db).run_next()? {
        tracing::info!(%version, "migrated");
        if version == ADDS_TOKENS {
            tokens::store(db)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use diesel::{
        SqliteConnection, connection::SimpleConnection as _, migration::MigrationSource, pg::Pg,
        prelude::*, sqlite::Sqlite,
    };
    use diesel_migrations::MigrationHarness as _;

    use super::*;
    use crate::database::{Database, DatabaseUrl};

    fn database(path: &std::path::Path) -> Database {
        let url = format!("sqlite://{}", path.display());
        url.parse::<DatabaseUrl>().unwrap().into_database()
    }

    #[test]
    fn every_migration_can_be_undone_and_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = database(&folder.path().join("blog.db")).prepare().unwrap();

        let AnyConnection::Sqlite(file) = &mut db else { panic!("not SQLite") };
        file.revert_all_migrations(sqlite::MIGRATIONS).unwrap();

        assert!(file.has_pending_migration(sqlite::MIGRATIONS).unwrap());
        run(&mut db).unwrap();
    }

    #[test]
    fn the_engines_have_the_same_migrations() {
        let of_sqlite = MigrationSource::<Sqlite>::migrations(&sqlite::MIGRATIONS).unwrap();
        let of_postgres = MigrationSource::<Pg>::migrations(&postgres::MIGRATIONS).unwrap();

        let of_sqlite: Vec<_> =
            of_sqlite.iter().map(|migration| migration.name().to_string()).collect();
        let of_postgres: Vec<_> =
            of_postgres.iter().map(|migration| migration.name().to_string()).collect();
        assert_eq!(of_sqlite, of_postgres);
    }

    /// Creates a file with `sql` and opens it as a database. Returns the error. Asserts that the
    /// file is unchanged.
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
    fn the_database_of_another_program_is_left_unchanged() {
        for table in ["notes", "posts"] {
            let error = refusal(&format!("CREATE TABLE {table} (id INTEGER)"));

            assert!(error.ends_with(": it is the database of another program"), "{error}");
        }
    }

    #[test]
    fn the_database_of_a_newer_version_is_left_unchanged() {
        let error = refusal(
            "CREATE TABLE __diesel_schema_migrations (
                 version VARCHAR(50) PRIMARY KEY NOT NULL,
                 run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
             );
             INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')",
        );

        assert!(error.ends_with(": it was migrated by a newer version of this program"), "{error}");
    }
}
