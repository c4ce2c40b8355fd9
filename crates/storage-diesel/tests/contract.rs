//! Runs the contract tests of `storage-contract` on SQLite and PostgreSQL.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail")]

use std::{process::ExitCode, sync::Arc};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection};
use domain::{KeyId, PostId};
use storage_contract::{FaultInjection, Missing, Store, Subject};
use storage_diesel::{DieselPostRepository, testing::TestPostgres};
use uuid::Uuid;

fn main() -> ExitCode {
    TestPostgres::announce_server();
    storage_contract::run([
        Subject::new("sqlite", async || Ok(sqlite())).with_faults(),
        Subject::new("postgres", async || postgres()).with_faults(),
    ])
}

fn sqlite() -> Store {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("blog.db");
    let posts = open(&format!("sqlite://{}", path.display()));
    let db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    Store::with_resources(posts, folder).with_faults(SqlFaults {
        db,
        id: |id| format!("x'{}'", id.simple()),
        block: "BEGIN IMMEDIATE",
    })
}

fn postgres() -> Result<Store, Missing> {
    let schema = TestPostgres::create();
    let schema = schema.map_err(|why| Missing(format!("PostgreSQL: {why}")))?;
    let posts = open(&schema.url());
    let db = schema.connect().unwrap();
    Ok(Store::with_resources(posts, schema).with_faults(SqlFaults {
        db,
        id: |id| format!("'{id}'"),
        block: "BEGIN; LOCK TABLE posts IN ACCESS EXCLUSIVE MODE",
    }))
}

fn open(url: &str) -> Arc<DieselPostRepository> {
    Arc::new(DieselPostRepository::open(url.parse().unwrap()).unwrap())
}

/// Injects faults with SQL, through a separate connection.
struct SqlFaults<C> {
    db: C,
    /// Returns the UUID of a post or key as a literal of SQL.
    id: fn(&Uuid) -> String,
    /// The statements that block writes until a `COMMIT`.
    block: &'static str,
}

impl<C: SimpleConnection + Send> FaultInjection for SqlFaults<C> {
    fn corrupt(&mut self, id: PostId) {
        let id = (self.id)(id.as_uuid());
        self.db.batch_execute(&format!("UPDATE posts SET title = 'x' WHERE id = {id}")).unwrap();
    }

    fn corrupt_key(&mut self, id: KeyId) {
        let id = (self.id)(id.as_uuid());
        self.db.batch_execute(&format!("UPDATE api_keys SET name = '' WHERE id = {id}")).unwrap();
    }

    fn block(&mut self) {
        self.db.batch_execute(self.block).unwrap();
    }

    fn unblock(&mut self) {
        self.db.batch_execute("COMMIT").unwrap();
    }
}
