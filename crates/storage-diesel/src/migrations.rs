//! Brings a database up to date with the migrations compiled in.

use std::error::Error as StdError;

use diesel::{
    migration::{MigrationSource, MigrationVersion},
    prelude::*,
    sqlite::Sqlite,
    table,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::AnyConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Runs what is pending, all of it or nothing.
///
/// The list of what is pending is read under the lock that the changes are made under, so of many
/// instances that start at once one migrates and the others find it done.
pub(crate) fn run(db: &mut AnyConnection) -> Result<(), Box<dyn StdError + Send + Sync>> {
    match db {
        AnyConnection::Sqlite(db) => db.immediate_transaction(|db| {
            for version in db.run_pending_migrations(SQLITE)? {
                tracing::info!(%version, "migrated");
            }
            Ok(())
        }),
    }
}

/// Makes sure that a database is empty or was made by these migrations, by this program's or an
/// earlier one's. Changes nothing.
pub(crate) fn check_ours(db: &mut SqliteConnection) -> Result<(), Box<dyn StdError + Send + Sync>> {
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
    let known = MigrationSource::<Sqlite>::migrations(&SQLITE)?;
    let is_known = |applied: &MigrationVersion<'_>| {
        known.iter().any(|migration| migration.name().version() == *applied)
    };
    if db.applied_migrations()?.iter().all(is_known) {
        Ok(())
    } else {
        Err("it was made by a newer version of this program".into())
    }
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

    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::connection::SqliteDatabase;

    #[test]
    fn every_migration_can_be_undone_and_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = SqliteDatabase::new(&folder.path().join("blog.db")).unwrap().create().unwrap();
        run(&mut db).unwrap();

        let AnyConnection::Sqlite(sqlite) = &mut db;
        sqlite.revert_all_migrations(SQLITE).unwrap();

        assert!(sqlite.has_pending_migration(SQLITE).unwrap());
        run(&mut db).unwrap();
    }

    /// What is said of a file after `sql` has made it, and whether it was left as it was.
    fn refusal(sql: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        other.batch_execute(sql).unwrap();
        drop(other);
        let before = fs::read(&path).unwrap();

        let error = SqliteDatabase::new(&path).unwrap().create().map(drop).unwrap_err();

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
