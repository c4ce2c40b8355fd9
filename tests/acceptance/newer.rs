use acceptance::Adapter;
use diesel::connection::SimpleConnection as _;
use libtest_mimic::{Completion, Failed, Trial};
use server::storage::Storage;
use storage_contract::Missing;
use storage_diesel::testing::TestPostgres;

/// What `storage-diesel` tests of a file, of a server.
pub(crate) fn trials() -> [Trial; 1] {
    [Trial::ignorable_test("postgres::newer::a_database_of_a_newer_version_is_refused", || {
        match TestPostgres::create() {
            Ok(schema) => a_database_of_a_newer_version_is_refused(&schema),
            Err(why) => Missing(format!("{}: {why}", Adapter::Postgres.name())).completion(),
        }
    })]
}

fn a_database_of_a_newer_version_is_refused(schema: &TestPostgres) -> Result<Completion, Failed> {
    let storage: Storage = schema.url().parse()?;
    drop(storage.clone().open()?);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')";
    schema.connect()?.batch_execute(newer)?;

    let refused = storage.open().map(drop).unwrap_err().to_string();

    assert!(refused.ends_with(": it was made by a newer version of this program"), "{refused}");
    Ok(Completion::Completed)
}
