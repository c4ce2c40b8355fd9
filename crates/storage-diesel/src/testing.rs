//! A PostgreSQL database of a test's own, on whichever server there is.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
};

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};

/// Names the server to test on.
const SERVER_VARIABLE: &str = "BLOG_TEST_POSTGRES_URL";

/// The server to test on unless that variable names another.
const DEFAULT_SERVER: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// An empty schema, dropped with all that is in it when this is dropped.
#[derive(Debug)]
pub struct TestPostgres {
    server: String,
    schema: String,
}

impl TestPostgres {
    /// Makes a schema of a name that no other test has.
    ///
    /// # Errors
    ///
    /// Says why there is no server to test on.
    pub fn create() -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = env::var(SERVER_VARIABLE).unwrap_or_else(|_| DEFAULT_SERVER.to_owned());
        let separator = if server.contains('?') { '&' } else { '?' };
        let server = format!("{server}{separator}connect_timeout=2");
        let schema = format!("test_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let make = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
        execute(&server, &make)?;
        Ok(Self { server, schema })
    }

    /// The URL under which an adapter finds this schema and no other.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}&options=-csearch_path%3D{}", self.server, self.schema)
    }

    /// A connection to the schema, behind the adapter's back.
    ///
    /// # Errors
    ///
    /// Whatever the server says.
    pub fn connect(&self) -> Result<PgConnection, String> {
        connect(&self.url())
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        // A server that has gone meanwhile has nothing to drop.
        let _ = execute(&self.server, &format!("DROP SCHEMA {} CASCADE", self.schema));
    }
}

fn execute(url: &str, sql: &str) -> Result<(), String> {
    connect(url)?.batch_execute(sql).map_err(|error| error.to_string())
}

/// What goes wrong is told in one line.
fn connect(url: &str) -> Result<PgConnection, String> {
    PgConnection::establish(url).map_err(|error| error.to_string().trim().replace('\n', "; "))
}
