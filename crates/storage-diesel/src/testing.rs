//! PostgreSQL schemas for tests. An environment variable selects the server.

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

/// The environment variable with the URL of the server for tests.
const SERVER_VARIABLE: &str = "BLOG_TEST_POSTGRES_URL";

/// The server for tests if the variable is not set.
const DEFAULT_SERVER: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// An empty PostgreSQL schema for a test.
///
/// Dropping this value deletes the schema with its contents.
#[derive(Debug)]
pub struct TestPostgres {
    server: String,
    schema: String,
}

impl TestPostgres {
    /// Creates a schema whose name no other test uses.
    ///
    /// # Errors
    ///
    /// The reason why the server cannot be used.
    pub fn create() -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = server();
        let schema = format!("test_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let create = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
        execute(&server, &create)?;
        Ok(Self { server, schema })
    }

    /// Writes to standard error which server the tests use.
    ///
    /// The server itself returns the description, so the description contains no password.
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
        // A closed standard error does not stop the tests.
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// Returns the name of the schema.
    ///
    /// Connections to [`url`](Self::url) have this name as their `application_name`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.schema
    }

    /// Returns a URL for connections that use this schema and no other.
    #[must_use]
    pub fn url(&self) -> String {
        let Self { server, schema } = self;
        format!("{server}&options=-csearch_path%3D{schema}&application_name={schema}")
    }

    /// Creates a role that owns the schema, and returns a URL for connections of this role.
    ///
    /// The role is not a superuser. `setting` applies to all connections of the role.
    ///
    /// # Errors
    ///
    /// The server's error.
    pub fn url_of_role_with(&self, setting: &str) -> Result<String, String> {
        let Self { server, schema } = self;
        execute(
            server,
            &format!(
                "DROP ROLE IF EXISTS {schema}; CREATE ROLE {schema} LOGIN;
                 ALTER ROLE {schema} SET {setting}; ALTER SCHEMA {schema} OWNER TO {schema}"
            ),
        )?;
        // libpq uses the parameter `user` instead of the user in front of the host.
        let url = format!("{}&user={schema}", self.url());
        connect(&url).map(|_connected| url)
    }

    /// Connects to the schema, independently of an adapter.
    ///
    /// # Errors
    ///
    /// The server's error.
    pub fn connect(&self) -> Result<PgConnection, String> {
        connect(&format!("{}&options=-csearch_path%3D{}", self.server, self.schema))
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        let Self { server, schema } = self;
        // This fails if the server has stopped. A test does not fail because of that.
        let _ =
            execute(server, &format!("DROP SCHEMA {schema} CASCADE; DROP ROLE IF EXISTS {schema}"));
    }
}

/// Returns the URL of the server for tests.
fn server() -> String {
    let server = env::var(SERVER_VARIABLE).unwrap_or_else(|_| DEFAULT_SERVER.to_owned());
    let separator = if server.contains('?') { '&' } else { '?' };
    format!("{server}{separator}connect_timeout=2")
}

fn execute(url: &str, sql: &str) -> Result<(), String> {
    connect(url)?.batch_execute(sql).map_err(|error| error.to_string())
}

/// Connects to a server. The lines of an error message are joined into one.
fn connect(url: &str) -> Result<PgConnection, String> {
    PgConnection::establish(url).map_err(|error| error.to_string().trim().replace('\n', "; "))
}
