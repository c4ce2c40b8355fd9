//! Opening a database: one enum over all kinds, and the pool's way to make one more connection.

mod sqlite;

use diesel::{MultiConnection, connection::TransactionManager};
use r2d2::ManageConnection;

use crate::error::OpenError;

pub(crate) use sqlite::SqliteDatabase;

/// A connection to whichever kind of database this is.
#[derive(MultiConnection)]
pub(crate) enum AnyConnection {
    /// To an SQLite file.
    Sqlite(diesel::SqliteConnection),
}

impl AnyConnection {
    /// Whether a transaction failed so badly that nothing can be said of the next one.
    pub(crate) fn is_broken(&mut self) -> bool {
        <Self as diesel::Connection>::TransactionManager::is_broken_transaction_manager(self)
    }
}

impl ManageConnection for SqliteDatabase {
    type Connection = AnyConnection;
    type Error = OpenError;

    fn connect(&self) -> Result<AnyConnection, OpenError> {
        Self::connect(self)
    }

    /// A file does not go away the way a server does; a query tells soon enough.
    fn is_valid(&self, _connection: &mut AnyConnection) -> Result<(), OpenError> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        connection.is_broken()
    }
}
