//! PostgreSQL: connections through libpq, with timeouts for every wait.

use std::{fmt, time::Duration};

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};

use crate::{
    engine::{LOCK_TIMEOUT, STATEMENT_TIMEOUT},
    error::{DatabaseUrlError, OpenError},
};

/// Timeouts for libpq, which by default can wait for a server without a limit. A URL can set other
/// values. `connect_timeout` and the keepalive times are in seconds, `tcp_user_timeout` is in
/// milliseconds.
const DEFAULTS: [(&str, &str); 5] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "3000"),
    ("keepalives_idle", "2"),
    ("keepalives_interval", "1"),
    ("keepalives_count", "3"),
];

/// How long the server keeps a transaction open if its client sends nothing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns the statements that set the timeouts of a connection.
///
/// These settings must affect nothing but the time until a statement fails. A connection pooler can
/// share server connections among clients, so another client may have changed the settings.
fn settings() -> String {
    let [statement, lock, idle] =
        [STATEMENT_TIMEOUT, LOCK_TIMEOUT, IDLE_TIMEOUT].map(|timeout| timeout.as_millis());
    format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
         SET idle_in_transaction_session_timeout = {idle}"
    )
}

/// Makes the server write its messages in English. This fails if the role may not change the
/// language. The module `error` of this crate then does not recognize the error of a full disk.
const ENGLISH_MESSAGES: &str = "SET lc_messages = 'C'";

/// A database of PostgreSQL, or of a server that speaks its protocol.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PostgresDatabase {
    /// The URL for libpq, which supports several hosts, `target_session_attrs`, TLS and so on.
    url: String,
}

impl PostgresDatabase {
    /// Parses the part of a URL after `postgres://`.
    pub(crate) fn new(rest: &str) -> Result<Self, DatabaseUrlError> {
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let misplaced = !place.contains('@') && query.contains('@');
        if misplaced || place.matches('@').count() > 1 {
            return Err(DatabaseUrlError::Encoding);
        }
        let mut parameters: Vec<String> =
            query.split('&').filter(|given| !given.is_empty()).map(str::to_owned).collect();
        for (name, value) in DEFAULTS {
            if !parameters.iter().any(|given| given.starts_with(&format!("{name}="))) {
                parameters.push(format!("{name}={value}"));
            }
        }
        Ok(Self { url: format!("postgres://{place}?{}", parameters.join("&")) })
    }

    pub(crate) fn connect(&self) -> Result<PgConnection, OpenError> {
        let mut db = PgConnection::establish(&self.url)
            .map_err(|error| OpenError::open(self, without_url(&error.to_string())))?;
        db.batch_execute(&settings()).map_err(|error| OpenError::open(self, error))?;
        if let Err(error) = db.batch_execute(ENGLISH_MESSAGES) {
            tracing::debug!(%error, "cannot choose the language of the server's messages");
        }
        Ok(db)
    }
}

/// Returns libpq's message. If libpq cannot parse the URL, its message quotes parts of the URL,
/// which may contain a password. Such a message is replaced.
fn without_url(message: &str) -> &str {
    const UNREADABLE: [&str; 9] = [
        "invalid percent-encoded token",
        "forbidden value",
        "unexpected spaces",
        "invalid integer value",
        "missing key/value separator",
        "extra key/value separator",
        "invalid URI",
        "unexpected character",
        "end of string reached",
    ];
    if UNREADABLE.iter().any(|unreadable| message.contains(unreadable)) {
        return "its URL cannot be read; is every special character in it percent-encoded?";
    }
    message
}

/// Shows hosts and database, without user, password and parameters.
impl fmt::Display for PostgresDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.url.trim_start_matches("postgres://");
        let (rest, _parameters) = rest.split_once('?').unwrap_or((rest, ""));
        match rest.rsplit_once('@') {
            Some((_user, place)) => write!(f, "postgres://{place}"),
            // A text with several colons may contain a user and a password.
            None if rest.matches(':').count() > 1 => write!(f, "postgres://…"),
            None => write!(f, "postgres://{rest}"),
        }
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
    fn user_password_and_parameters_are_not_shown() {
        let database = PostgresDatabase::new("u:secret@a:1,b:2/blog?password=secret").unwrap();

        assert_eq!(database.to_string(), "postgres://a:1,b:2/blog");
        assert_eq!(format!("{database:?}"), "postgres://a:1,b:2/blog");
    }

    #[test]
    fn a_password_that_must_be_percent_encoded_is_refused() {
        for rest in ["u:se@cret@a/blog", "u:se?cret@a/blog"] {
            assert_eq!(PostgresDatabase::new(rest), Err(DatabaseUrlError::Encoding), "{rest}");
        }
    }

    #[test]
    fn an_unreadable_url_is_not_quoted() {
        for rest in
            ["u:100%secret@localhost:1/d", "u:secret secret@localhost:1/d", "u:0/secret@h/d"]
        {
            let error = PostgresDatabase::new(rest).unwrap().connect().map(drop).unwrap_err();

            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn timeouts_are_set_unless_the_url_sets_others() {
        let database = PostgresDatabase::new("h/d").unwrap();
        assert!(
            database.url.starts_with("postgres://h/d?connect_timeout=2&tcp_user_timeout=3000&")
        );

        let database = PostgresDatabase::new("h/d?&connect_timeout=7&").unwrap();
        assert!(
            database.url.starts_with("postgres://h/d?connect_timeout=7&tcp_user_timeout=3000&")
        );
    }
}
