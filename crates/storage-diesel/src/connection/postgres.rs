//! PostgreSQL: a server, reached by libpq, and the settings under which nothing waits for ever.

use std::fmt;

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};

use crate::error::OpenError;

/// What libpq waits for unless the URL says otherwise: for ever. Seconds to connect, milliseconds
/// for the server to acknowledge what was sent, seconds of silence before asking whether it lives.
const DEFAULTS: [(&str, &str); 5] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "3000"),
    ("keepalives_idle", "2"),
    ("keepalives_interval", "1"),
    ("keepalives_count", "3"),
];

/// How long the server works on a statement, waits for a lock, and keeps a transaction whose
/// client has gone silent. The first two end before a caller stops waiting.
///
/// Nothing relies on these but the time it takes to fail: behind a pooler that hands a server
/// connection from one client to another they may be those of somebody else.
const SETTINGS: &str = "SET statement_timeout = '2s'; SET lock_timeout = '2s'; \
                        SET idle_in_transaction_session_timeout = '5s'";

/// A PostgreSQL database, or one of a server that speaks its protocol.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PostgresDatabase {
    /// For libpq, which reads all of it: several hosts, `target_session_attrs`, TLS and so on.
    url: String,
}

impl PostgresDatabase {
    /// The database that a URL names after its scheme.
    pub(crate) fn new(rest: &str) -> Self {
        let mut url = format!("postgres://{rest}");
        for (name, value) in DEFAULTS {
            let given = url.contains(&format!("?{name}=")) || url.contains(&format!("&{name}="));
            if !given {
                let separator = if url.contains('?') { '&' } else { '?' };
                url = format!("{url}{separator}{name}={value}");
            }
        }
        Self { url }
    }

    pub(crate) fn connect(&self) -> Result<PgConnection, OpenError> {
        let mut db =
            PgConnection::establish(&self.url).map_err(|error| OpenError::open(self, error))?;
        db.batch_execute(SETTINGS).map_err(|error| OpenError::open(self, error))?;
        Ok(db)
    }
}

/// Hosts and database: no user, no password, no parameters.
impl fmt::Display for PostgresDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.url.trim_start_matches("postgres://");
        let (rest, _parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (_user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        write!(f, "postgres://{place}")
    }
}

impl fmt::Debug for PostgresDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_without_user_password_and_parameters() {
        for rest in ["u:secret@a:1,b:2/blog?password=secret", "u:se@cret@a:1,b:2/blog"] {
            let database = PostgresDatabase::new(rest);

            assert_eq!(database.to_string(), "postgres://a:1,b:2/blog");
            assert_eq!(format!("{database:?}"), "postgres://a:1,b:2/blog");
        }
    }

    #[test]
    fn waiting_has_an_end_unless_the_url_says_otherwise() {
        let database = PostgresDatabase::new("h/d");
        assert!(
            database.url.starts_with("postgres://h/d?connect_timeout=2&tcp_user_timeout=3000&")
        );

        let database = PostgresDatabase::new("h/d?connect_timeout=7");
        assert!(
            database.url.starts_with("postgres://h/d?connect_timeout=7&tcp_user_timeout=3000&")
        );
    }
}
