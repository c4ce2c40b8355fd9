//! What an error of the database means. Nowhere else is one looked into.

use std::{error::Error as StdError, io};

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use domain::{Version, ports::RepositoryError};
use thiserror::Error;
use uuid::Uuid;

type Cause = Box<dyn StdError + Send + Sync>;

/// Why a text is not the URL of a database. Never shows the text: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DatabaseUrlError {
    /// There is no adapter for its scheme, or it has none.
    #[error("its scheme is not known")]
    UnknownScheme,
    /// It names no file.
    #[error("it names no file")]
    NoFile,
    /// A character in its user or password has to be written otherwise.
    #[error("in the user and the password @, / and ? have to be written as %40, %2F and %3F")]
    Encoding,
}

/// Why a database could not be opened. Its text is for whoever starts the server; a database is
/// shown in it without its password.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The database cannot be opened or made.
    #[error("cannot open the database {database}: {reason}")]
    Open {
        /// The database.
        database: String,
        /// What is in the way.
        reason: String,
    },
    /// The tables cannot be made or brought up to date.
    #[error("cannot bring the database {database} up to date: {reason}")]
    Migrate {
        /// The database.
        database: String,
        /// What went wrong.
        reason: Cause,
    },
    /// A setting that keeps data safe did not take hold.
    #[error("the database {database} does not accept the setting {setting}")]
    Setting {
        /// The database.
        database: String,
        /// The setting's name.
        setting: &'static str,
    },
    /// The threads that talk to the database cannot be started.
    #[error("cannot start the database's threads: {0}")]
    Threads(#[source] io::Error),
}

impl OpenError {
    /// A database that cannot be opened, for a reason told in one line: libpq tells of each host in
    /// a line of its own.
    pub(crate) fn open(database: &impl ToString, reason: impl ToString) -> Self {
        let reason = reason.to_string().trim().replace('\n', "; ");
        Self::Open { database: database.to_string(), reason }
    }
}

/// Why a query did not give what it was for.
#[derive(Debug, Error)]
pub(crate) enum StorageError {
    #[error("no such row")]
    NotFound,
    #[error("the row is of version {0}")]
    PreconditionFailed(Version),
    #[error("the query failed")]
    Query(#[source] DieselError),
    #[error("the row of post {id} is no post")]
    CorruptRow {
        id: Uuid,
        #[source]
        cause: Cause,
    },
    #[error("the numbers of posts in post_counts cannot be right")]
    Miscounted,
    #[error("no connection to the database")]
    Connection(#[source] Cause),
    #[error("the transaction was not committed: {0}")]
    NotCommitted(String),
    #[error("the database did not answer in time")]
    Deadline,
    #[error("the database is closed")]
    Closed,
    #[error("the query panicked: {0}")]
    Panicked(String),
}

impl StorageError {
    /// The error and what caused it, down to the first cause, as text.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    /// Whether the database has aborted the transaction for no fault of its own and asks for it
    /// again.
    pub(crate) fn asks_for_repetition(&self) -> bool {
        match self {
            Self::Query(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => {
                true
            }
            Self::Query(cause) => contains_one(&cause.to_string(), &REPEATABLE),
            _ => false,
        }
    }

    /// Whether a lock that another transaction holds was not to be had in time.
    pub(crate) fn waited_for_lock(&self) -> bool {
        matches!(self, Self::Query(cause) if contains_one(&cause.to_string(), &LOCK_TIMED_OUT))
    }

    /// Whether the connection must not be used again: it is dead, or leads to a server that has
    /// turned read-only.
    pub(crate) fn spoils_connection(&self) -> bool {
        match self {
            Self::Query(DieselError::DatabaseError(kind, information)) => {
                matches!(
                    kind,
                    DatabaseErrorKind::ClosedConnection
                        | DatabaseErrorKind::UnableToSendCommand
                        | DatabaseErrorKind::ReadOnlyTransaction
                ) || contains_one(information.message(), &CONNECTION_LOST)
            }
            Self::Query(DieselError::BrokenTransactionManager) => true,
            _ => false,
        }
    }
}

/// What diesel's transactions ask for: their own errors are those of a query.
impl From<DieselError> for StorageError {
    fn from(error: DieselError) -> Self {
        Self::Query(error)
    }
}

impl From<StorageError> for RepositoryError {
    fn from(error: StorageError) -> Self {
        match &error {
            StorageError::NotFound => Self::NotFound,
            StorageError::PreconditionFailed(current) => Self::PreconditionFailed(*current),
            StorageError::Query(DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation,
                _,
            )) => Self::Conflict,
            StorageError::Query(cause)
                if error.asks_for_repetition()
                    || error.spoils_connection()
                    || contains_one(&cause.to_string(), &PASSING) =>
            {
                Self::Unavailable(error.into())
            }
            StorageError::Connection(_)
            | StorageError::NotCommitted(_)
            | StorageError::Deadline => Self::Unavailable(error.into()),
            StorageError::Query(_)
            | StorageError::CorruptRow { .. }
            | StorageError::Miscounted
            | StorageError::Closed
            | StorageError::Panicked(_) => Self::Backend(error.into()),
        }
    }
}

/// SQLite's message for a lock that another connection holds (SQLITE_BUSY).
const LOCKED: &str = "database is locked";

/// Whether a lock that another connection holds was in the way.
pub(crate) fn is_locked(error: &DieselError) -> bool {
    error.to_string().contains(LOCKED)
}

// diesel hands on messages and not all codes, so messages are what there is to go by. SQLite's
// stand in `sqlite3ErrStr` of its `main.c`; PostgreSQL's are those of an English server, and for
// the most important of them diesel has a kind of its own.

/// Failures that can pass without anybody mending the data.
const PASSING: [&str; 8] = [
    LOCKED,
    "database table is locked",             // SQLITE_LOCKED
    "database or disk is full",             // SQLITE_FULL
    "disk I/O error",                       // SQLITE_IOERR
    "attempt to write a readonly database", // SQLITE_READONLY
    "unable to open database file",         // SQLITE_CANTOPEN
    "canceling statement due to",           // query_canceled, lock_not_available
    "No space left on device",              // disk_full
];

/// Transactions that the database has aborted for its own reasons.
const REPEATABLE: [&str; 3] = [
    "deadlock detected",          // deadlock_detected
    "could not serialize access", // serialization_failure
    "restart transaction",        // serialization_failure, of CockroachDB
];

/// Transactions that have waited for another as long as they were to.
const LOCK_TIMED_OUT: [&str; 1] = ["canceling statement due to lock timeout"]; // lock_not_available

/// Connections that have ended, or are about to.
const CONNECTION_LOST: [&str; 8] = [
    "terminating connection",        // admin_shutdown, crash_shutdown
    "server closed the connection",  // libpq
    "connection to server was lost", // libpq
    "no connection to the server",   // libpq
    "could not receive data from server",
    "could not send data to server",
    "SSL connection has been closed",
    "the database system is", // cannot_connect_now: starting up, shutting down
];

fn contains_one(message: &str, texts: &[&str]) -> bool {
    texts.iter().any(|text| message.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database_error(kind: DatabaseErrorKind, message: &str) -> RepositoryError {
        let information: Box<dyn diesel::result::DatabaseErrorInformation + Send + Sync> =
            Box::new(message.to_owned());
        StorageError::Query(DieselError::DatabaseError(kind, information)).into()
    }

    #[test]
    fn a_missing_row_is_not_found() {
        assert!(matches!(StorageError::NotFound.into(), RepositoryError::NotFound));
    }

    #[test]
    fn a_key_used_twice_is_a_conflict() {
        let error = database_error(DatabaseErrorKind::UniqueViolation, "UNIQUE constraint failed");

        assert!(matches!(error, RepositoryError::Conflict), "{error:?}");
    }

    #[test]
    fn an_error_tells_all_its_causes() {
        let error = StorageError::CorruptRow { id: Uuid::nil(), cause: "no title".into() };

        assert!(error.with_causes().ends_with(" is no post: no title"), "{error}");
    }

    fn query_error(kind: DatabaseErrorKind, message: &str) -> StorageError {
        StorageError::Query(DieselError::DatabaseError(kind, Box::new(message.to_owned())))
    }

    #[test]
    fn a_transaction_that_was_aborted_for_no_fault_of_its_own_is_to_be_repeated() {
        let errors = [
            query_error(DatabaseErrorKind::SerializationFailure, "whatever language"),
            query_error(DatabaseErrorKind::Unknown, "deadlock detected"),
        ];

        for error in errors {
            assert!(error.asks_for_repetition() && !error.spoils_connection(), "{error:?}");
            assert!(matches!(error.into(), RepositoryError::Unavailable(_)));
        }
    }

    #[test]
    fn a_connection_that_is_lost_or_read_only_is_not_to_be_used_again() {
        let errors = [
            query_error(DatabaseErrorKind::ClosedConnection, "whatever language"),
            query_error(DatabaseErrorKind::ReadOnlyTransaction, "whatever language"),
            query_error(
                DatabaseErrorKind::Unknown,
                "terminating connection due to administrator command",
            ),
        ];

        for error in errors {
            assert!(error.spoils_connection() && !error.asks_for_repetition(), "{error:?}");
            assert!(matches!(error.into(), RepositoryError::Unavailable(_)));
        }
    }

    #[test]
    fn a_lock_that_was_not_to_be_had_in_time_is_told_from_other_delays() {
        for (message, expected) in [
            ("canceling statement due to lock timeout", true),
            ("canceling statement due to statement timeout", false),
        ] {
            let error = query_error(DatabaseErrorKind::Unknown, message);

            assert_eq!(error.waited_for_lock(), expected, "{message}");
        }
    }

    #[test]
    fn a_row_of_another_version_is_no_failure() {
        let error = StorageError::PreconditionFailed(Version::FIRST).into();

        assert!(matches!(error, RepositoryError::PreconditionFailed(Version::FIRST)), "{error:?}");
    }

    #[test]
    fn what_can_pass_is_unavailable() {
        let messages = ["database is locked", "database or disk is full", "disk I/O error"];
        let errors = messages
            .map(|message| database_error(DatabaseErrorKind::Unknown, message))
            .into_iter()
            .chain([
                StorageError::Connection("refused".into()).into(),
                StorageError::Deadline.into(),
                StorageError::NotCommitted("database or disk is full".into()).into(),
            ]);

        for error in errors {
            assert!(matches!(error, RepositoryError::Unavailable(_)), "{error:?}");
        }
    }

    #[test]
    fn what_cannot_pass_is_the_backends_fault() {
        let errors = [
            database_error(DatabaseErrorKind::Unknown, "database disk image is malformed"),
            database_error(DatabaseErrorKind::CheckViolation, "CHECK constraint failed"),
            StorageError::CorruptRow { id: Uuid::nil(), cause: "no title".into() }.into(),
            StorageError::Miscounted.into(),
            StorageError::Closed.into(),
            StorageError::Panicked("oh".into()).into(),
        ];

        for error in errors {
            assert!(matches!(error, RepositoryError::Backend(_)), "{error:?}");
        }
    }
}
