//! Brings a database up to date with the migrations compiled in.

use std::error::Error as StdError;

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

#[cfg(test)]
mod tests {
    use diesel_migrations::MigrationHarness;

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
}
