//! Opens a database. The scheme of the URL selects the engine.

mod opened_file;
mod postgres;
mod sqlite;

use std::str::FromStr;

use self::postgres::PostgresDatabase;
pub(crate) use self::{
    opened_file::{OpenedFile, Part},
    sqlite::{BUSY_TIMEOUT, SqliteDatabase},
};
use crate::{
    connection::AnyConnection,
    error::{DatabaseUrlError, OpenError},
    migrations,
};

/// The URL of a database: `sqlite://PATH`, `postgres://…` or `postgresql://…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Database);

impl DatabaseUrl {
    /// The forms of a URL, for messages and documentation.
    pub const FORMS: [&str; 2] = ["sqlite://PATH", "postgres://USER@HOST/DATABASE"];

    /// Returns whether the URL names a file that does not exist.
    ///
    /// Opening the database would create the file.
    #[must_use]
    pub fn names_missing_file(&self) -> bool {
        matches!(&self.0, Database::Sqlite(file) if !file.exists())
    }

    /// Returns the database that the URL names.
    pub(crate) fn into_database(self) -> Database {
        self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = url.split_once("://").ok_or(DatabaseUrlError::UnknownScheme)?;
        // Schemes are case-insensitive (RFC 3986, section 3.1).
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => SqliteDatabase::new(rest).map(Database::Sqlite).map(Self),
            "postgres" | "postgresql" => Ok(Self(Database::Postgres(PostgresDatabase::new(rest)?))),
            _ => Err(DatabaseUrlError::UnknownScheme),
        }
    }
}

/// A file or a server to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite(SqliteDatabase),
    Postgres(PostgresDatabase),
}

impl Database {
    /// Opens the first connection and runs the pending migrations. Creates an SQLite file if it
    /// does not exist.
    pub(crate) fn prepare(&self) -> Result<AnyConnection, OpenError> {
        let mut db = match self {
            Self::Sqlite(database) => AnyConnection::Sqlite(database.create()?),
            Self::Postgres(database) => AnyConnection::Postgres(database.connect()?),
        };
        migrations::run(&mut db)
            .map_err(|reason| OpenError::Migrate { database: self.to_string(), reason })?;
        Ok(db)
    }

    /// Opens a connection. [`prepare`](Self::prepare) must have run before.
    pub(crate) fn connect(&self) -> Result<AnyConnection, OpenError> {
        match self {
            Self::Sqlite(database) => database.connect().map(AnyConnection::Sqlite),
            Self::Postgres(database) => database.connect().map(AnyConnection::Postgres),
        }
    }
}

/// Shows the database without its password.
impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(database) => database.fmt(f),
            Self::Postgres(database) => database.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_case_insensitive_and_no_other_is_known() {
        for url in ["sqlite://a.db", "SQLite://a.db", "postgres://h/d", "POSTGRESQL://h/d"] {
            assert!(url.parse::<DatabaseUrl>().is_ok(), "{url}");
        }
        for url in ["mysql://h/d", "sqlite:a.db", "postgres:h", "a.db", "", "://", "sqlite3://a"] {
            assert_eq!(url.parse::<DatabaseUrl>(), Err(DatabaseUrlError::UnknownScheme), "{url}");
        }
    }
}
