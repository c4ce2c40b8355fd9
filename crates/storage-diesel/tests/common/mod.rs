//! Helpers for the tests of this crate.

use libtest_mimic::{Completion, Failed, Trial};
use storage_contract::Missing;
use storage_diesel::{DieselPostRepository, testing::TestPostgres};

/// Creates a test that runs on an empty PostgreSQL schema. The test is ignored when there is no
/// server.
pub(crate) fn on_postgres(name: &str, test: fn(&TestPostgres)) -> Trial {
    Trial::ignorable_test(name, move || -> Result<Completion, Failed> {
        match TestPostgres::create() {
            Ok(database) => {
                test(&database);
                Ok(Completion::Completed)
            }
            Err(why) => Missing(format!("PostgreSQL: {why}")).completion(),
        }
    })
}

/// Runs a future to completion.
pub(crate) fn block_on<T>(call: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(call)
}

/// Opens a database.
pub(crate) fn open(url: &str) -> DieselPostRepository {
    DieselPostRepository::open(url.parse().unwrap()).unwrap()
}
