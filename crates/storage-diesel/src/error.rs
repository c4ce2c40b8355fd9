//! The errors of the database, and what they mean. No other file inspects diesel's errors.

use std::{error::Error as StdError, io, time::Duration};

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use domain::{InvalidVersion, Version, ports::RepositoryError};
use thiserror::Error;
use uuid::Uuid;

type Cause = Box<dyn StdError + Send + Sync>;

/// The reason why a text is not the URL of a database.
///
/// The error never contains the text, because the text may contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DatabaseUrlError {
    /// The scheme is missing or unknown.
    #[error("its scheme is not known")]
    UnknownScheme,
    /// The URL names no file.
    #[error("it names no file")]
    NoFile,
    /// A character in the user or the password has to be percent-encoded.
    #[error("in the user and the password @, / and ? have to be written as %40, %2F and %3F")]
    Encoding,
}

/// The reason why a database cannot be opened. The error never contains a password.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The database cannot be opened or created.
    #[error("cannot open the database {database}: {reason}")]
    Open {
        /// The database.
        database: String,
        /// The reason.
        reason: String,
    },
    /// A migration failed, or the program refuses to migrate the database.
    #[error("cannot bring the database {database} up to date: {reason}")]
    Migrate {
        /// The database.
        database: String,
        /// The reason.
        reason: Cause,
    },
    /// The database does not accept a setting that durability depends on.
    #[error("the database {database} does not accept the setting {setting}")]
    Setting {
        /// The database.
        database: String,
        /// The name of the setting.
        setting: &'static str,
    },
    /// The thread that writes to the database cannot be started.
    #[error("cannot start the database's threads: {0}")]
    Threads(#[source] io::Error),
}

impl OpenError {
    /// Creates the error of a database that cannot be opened. The lines of `reason` are joined into
    /// one line, because libpq's message has a line for each host.
    pub(crate) fn open(database: &impl ToString, reason: impl ToString) -> Self {
        let reason = reason.to_string().trim().replace('\n', "; ");
        Self::Open { database: database.to_string(), reason }
    }
}

/// The reason why a query failed.
#[derive(Debug, Error)]
pub(crate) enum StorageError {
    #[error("no such row")]
    NotFound,
    #[error("the row has version {0}")]
    PreconditionFailed(Version),
    #[error("the query failed")]
    Query(#[source] DieselError),
    #[error("the row of post {id} is not a valid post")]
    CorruptRow {
        id: Uuid,
        #[source]
        cause: Cause,
    },
    #[error("the row of API key {id} is not a valid API key")]
    CorruptKey {
        id: Uuid,
        #[source]
        cause: Cause,
    },
    #[error("the stored secret {name} does not have 32 bytes")]
    CorruptSecret { name: &'static str },
    #[error("the post cannot have another version")]
    LastVersion(#[source] InvalidVersion),
    #[error("the counters in post_counts are wrong")]
    Miscounted,
    #[error("no connection to the database")]
    Connection(#[source] Cause),
    #[error("the transaction was not committed: {0}")]
    NotCommitted(String),
    #[error("{0}")]
    LostFile(String),
    #[error("{0}")]
    NotRun(String),
    #[error("the query took too long")]
    Timeout(#[source] Cause),
    #[error("the database did not answer in time")]
    Deadline,
    #[error("too many calls wait for the database")]
    Overloaded,
    #[error("the database is closed")]
    Closed,
    #[error("the query panicked: {0}")]
    Panicked(String),
}

impl StorageError {
    /// Returns whether a transaction that failed in this way may succeed when it is repeated.
    ///
    /// PostgreSQL aborts a transaction after a serialization failure or a deadlock. diesel has a
    /// kind of error for a serialization failure, but reports a deadlock as `Unknown`. So every
    /// `Unknown` error counts as repeatable. A repetition is safe, because the transaction was
    /// rolled back.
    pub(crate) fn is_repeatable(&self) -> bool {
        matches!(
            self.kind(),
            Some(DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::Unknown)
        )
    }

    /// Returns whether the change was refused because a row is missing or has another version. The
    /// database works.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::NotFound | Self::PreconditionFailed(_) | Self::LastVersion(_))
    }

    /// Returns whether the connection must not be used again, because it is closed or broken, or
    /// because its server has become read-only.
    pub(crate) fn is_lost_connection(&self) -> bool {
        matches!(
            self.kind(),
            Some(
                DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ReadOnlyTransaction
            )
        ) || matches!(self, Self::Query(DieselError::BrokenTransactionManager))
    }

    /// Returns whether the server cancelled a statement after `timeout`. diesel reports that error
    /// and many others as `Unknown`, so the elapsed time decides.
    pub(crate) fn is_timeout(&self, elapsed: Duration, timeout: Duration) -> bool {
        matches!(self.kind(), Some(DatabaseErrorKind::Unknown)) && elapsed >= timeout
    }

    /// Returns this error as the cause of a timeout.
    pub(crate) fn into_timeout(self) -> Self {
        Self::Timeout(self.into())
    }

    fn kind(&self) -> Option<&DatabaseErrorKind> {
        match self {
            Self::Query(DieselError::DatabaseError(kind, _)) => Some(kind),
            _ => None,
        }
    }
}

/// diesel's transactions require this conversion for their own errors.
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
            StorageError::Query(DieselError::DatabaseError(
                DatabaseErrorKind::SerializationFailure,
                _,
            )) => Self::Unavailable(error.into()),
            StorageError::Query(cause) if error.is_lost_connection() || is_temporary(cause) => {
                Self::Unavailable(error.into())
            }
            StorageError::Overloaded => Self::Overloaded,
            StorageError::Connection(_)
            | StorageError::NotCommitted(_)
            | StorageError::LostFile(_)
            | StorageError::NotRun(_)
            | StorageError::Timeout(_)
            | StorageError::Deadline => Self::Unavailable(error.into()),
            StorageError::Query(_)
            | StorageError::CorruptRow { .. }
            | StorageError::CorruptKey { .. }
            | StorageError::CorruptSecret { .. }
            | StorageError::LastVersion(_)
            | StorageError::Miscounted
            | StorageError::Closed
            | StorageError::Panicked(_) => Self::Backend(error.into()),
        }
    }
}

/// SQLite's message for a lock that another connection holds (SQLITE_BUSY).
const LOCKED: &str = "database is locked";

/// The messages of temporary failures: the same call may succeed later. diesel provides messages
/// but no error codes. SQLite's messages are always in English. They are in `sqlite3ErrStr` of
/// SQLite's `main.c`.
const TEMPORARY: [&str; 8] = [
    LOCKED,
    "database table is locked",             // SQLITE_LOCKED
    "database or disk is full",             // SQLITE_FULL
    "disk I/O error",                       // SQLITE_IOERR
    "attempt to write a readonly database", // SQLITE_READONLY
    "unable to open database file",         // SQLITE_CANTOPEN
    // SQLITE_CORRUPT. SQLite also returns it for a page that it cannot read.
    "database disk image is malformed",
    // PostgreSQL's disk_full. The message is recognized only in English. In another language this
    // failure counts as permanent.
    "No space left on device",
];

fn is_temporary(error: &DieselError) -> bool {
    let message = error.to_string();
    TEMPORARY.iter().any(|text| message.contains(text))
}

/// Returns whether SQLite failed because another connection holds a lock.
pub(crate) fn is_locked(error: &DieselError) -> bool {
    error.to_string().contains(LOCKED)
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

    fn query_error(kind: DatabaseErrorKind, message: &str) -> StorageError {
        StorageError::Query(DieselError::DatabaseError(kind, Box::new(message.to_owned())))
    }

    #[test]
    fn a_transaction_that_the_database_aborted_is_repeatable_in_any_language() {
        let errors = [
            query_error(DatabaseErrorKind::SerializationFailure, "in any language"),
            query_error(DatabaseErrorKind::Unknown, "Verklemmung entdeckt"),
        ];

        for error in errors {
            assert!(error.is_repeatable() && !error.is_lost_connection(), "{error:?}");
        }
        let broken_rule = query_error(DatabaseErrorKind::CheckViolation, "in any language");
        assert!(!broken_rule.is_repeatable() && !StorageError::NotFound.is_repeatable());
    }

    #[test]
    fn a_connection_that_is_closed_or_read_only_is_not_used_again() {
        for kind in [
            DatabaseErrorKind::ClosedConnection,
            DatabaseErrorKind::UnableToSendCommand,
            DatabaseErrorKind::ReadOnlyTransaction,
        ] {
            let error = query_error(kind, "in any language");

            assert!(error.is_lost_connection() && !error.is_repeatable(), "{error:?}");
            assert!(matches!(error.into(), RepositoryError::Unavailable(_)));
        }
    }

    #[test]
    fn an_unknown_error_after_the_timeout_has_elapsed_is_a_timeout() {
        let timeout = Duration::from_secs(2);
        let error = || query_error(DatabaseErrorKind::Unknown, "in any language");

        assert!(error().is_timeout(timeout, timeout));
        assert!(!error().is_timeout(timeout - Duration::from_millis(1), timeout));
        assert!(!StorageError::NotFound.is_timeout(timeout, timeout));
        assert!(!error().into_timeout().is_repeatable());
    }

    #[test]
    fn a_row_with_another_version_is_a_failed_precondition() {
        let error = StorageError::PreconditionFailed(Version::FIRST).into();

        assert!(matches!(error, RepositoryError::PreconditionFailed(Version::FIRST)), "{error:?}");
    }

    #[test]
    fn temporary_failures_are_unavailable() {
        let messages = ["database is locked", "database or disk is full", "disk I/O error"];
        let errors = messages
            .map(|message| database_error(DatabaseErrorKind::Unknown, message))
            .into_iter()
            .chain([
                StorageError::Connection("refused".into()).into(),
                StorageError::Deadline.into(),
                query_error(DatabaseErrorKind::SerializationFailure, "").into(),
                query_error(DatabaseErrorKind::Unknown, "").into_timeout().into(),
                StorageError::NotCommitted("database or disk is full".into()).into(),
            ]);

        for error in errors {
            assert!(matches!(error, RepositoryError::Unavailable(_)), "{error:?}");
        }
    }

    #[test]
    fn other_failures_are_backend_errors() {
        let errors = [
            database_error(DatabaseErrorKind::Unknown, "no such table: posts"),
            database_error(DatabaseErrorKind::CheckViolation, "CHECK constraint failed"),
            StorageError::CorruptRow { id: Uuid::nil(), cause: "no title".into() }.into(),
            StorageError::CorruptKey { id: Uuid::nil(), cause: "no name".into() }.into(),
            StorageError::CorruptSecret { name: "preview" }.into(),
            StorageError::Miscounted.into(),
            StorageError::Closed.into(),
            StorageError::Panicked("oh".into()).into(),
        ];

        for error in errors {
            assert!(matches!(error, RepositoryError::Backend(_)), "{error:?}");
        }
    }
}
