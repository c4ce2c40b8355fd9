//! A PostgreSQL database of a test's own, on whichever server there is.

use std::{
    env,
    io::{self, Write as _},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _, connection::SimpleConnection as _, dsl::sql,
    select, sql_types::Text,
};

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
        let server = server();
        let schema = format!("test_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let make = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
        execute(&server, &make)?;
        Ok(Self { server, schema })
    }

    /// Writes to standard error which server tests run on: what the server says, so no password.
    pub fn announce_server() {
        const DESCRIPTION: &str = "SELECT 'tests on PostgreSQL ' || current_setting('server_version')
            || ' at ' || coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'a local socket')
            || ', database ' || current_database() || ', user ' || current_user";
        let described = connect(&server()).and_then(|mut db| {
            let description = select(sql::<Text>(&format!("({DESCRIPTION})"))).get_result(&mut db);
            description.map_err(|error| error.to_string())
        });
        let line = described
            .unwrap_or_else(|why| format!("no tests on PostgreSQL ({SERVER_VARIABLE}): {why}"));
        // Tests run as well where nobody reads it.
        let _ = writeln!(io::stderr(), "{line}");
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

/// The URL of the server to test on.
fn server() -> String {
    let server = env::var(SERVER_VARIABLE).unwrap_or_else(|_| DEFAULT_SERVER.to_owned());
    let separator = if server.contains('?') { '&' } else { '?' };
    format!("{server}{separator}connect_timeout=2")
}

fn execute(url: &str, sql: &str) -> Result<(), String> {
    connect(url)?.batch_execute(sql).map_err(|error| error.to_string())
}

/// What goes wrong is told in one line.
fn connect(url: &str) -> Result<PgConnection, String> {
    PgConnection::establish(url).map_err(|error| error.to_string().trim().replace('\n', "; "))
}
