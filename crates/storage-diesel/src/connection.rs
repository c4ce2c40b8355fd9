//! The connection type: one enum over all SQL engines.

use diesel::{MultiConnection, connection::TransactionManager};

/// A connection to one of the SQL engines.
#[derive(MultiConnection)]
pub(crate) enum AnyConnection {
    /// A connection to an SQLite file.
    Sqlite(diesel::SqliteConnection),
    /// A connection to PostgreSQL, or to another server that supports PostgreSQL's protocol.
    Postgres(diesel::PgConnection),
}

/// Begins, commits and rolls back transactions.
pub(crate) type Transactions = <AnyConnection as diesel::Connection>::TransactionManager;

impl AnyConnection {
    /// Returns whether a transaction failed in a way that leaves the connection unusable.
    pub(crate) fn is_broken(&mut self) -> bool {
        Transactions::is_broken_transaction_manager(self)
    }
}
