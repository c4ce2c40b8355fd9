use acceptance::Adapter;
use diesel::connection::SimpleConnection as _;
use libtest_mimic::{Completion, Failed, Trial};
use server::storage::Storage;
use storage_contract::Missing;
use storage_diesel::testing::TestPostgres;

/// The PostgreSQL counterpart of a test that `storage-diesel` runs on an SQLite file.
pub(crate) fn trials() -> [Trial; 1] {
    [Trial::ignorable_test(
        "postgres::newer_database::a_database_of_a_newer_version_is_rejected",
        || match TestPostgres::create() {
            Ok(schema) => a_database_of_a_newer_version_is_rejected(&schema),
            Err(why) => Missing(format!("{}: {why}", Adapter::Postgres.name())).completion(),
        },
    )]
}

fn a_database_of_a_newer_version_is_rejected(schema: &TestPostgres) -> Result<Completion, Failed> {
    let storage: Storage = schema.url().parse()?;
    drop(storage.clone().open()?);
    let later_migration =
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')";
    schema.connect()?.batch_execute(later_migration)?;

    let error = storage.open().map(drop).unwrap_err().to_string();

    assert!(error.ends_with(": it was migrated by a newer version of this program"), "{error}");
    Ok(Completion::Completed)
}
