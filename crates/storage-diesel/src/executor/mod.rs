//! The threads that talk to the database: the only place in this crate where anything blocks.
//!
//! Calls run concurrently, each on a connection of a pool. Writes to SQLite are the exception: they
//! run one after another on one thread. SQLite has one writer at a time anyway, and one thread can
//! commit all waiting writes in one transaction, so that they share one wait for the disk.

mod deadline;
mod pool;
mod writer;

use domain::ports::RepositoryError;

use self::{deadline::in_time, pool::Pool, writer::Writer};
use crate::{
    connection::AnyConnection,
    database::Database,
    error::{OpenError, StorageError},
};

/// An open database, up to date.
#[derive(Debug)]
pub(crate) struct Executor {
    pool: Pool,
    /// The writer thread. `None` where writes run concurrently.
    writer: Option<Writer>,
}

impl Executor {
    /// Opens a database, creates it if necessary, and brings it up to date.
    pub(crate) fn open(database: Database) -> Result<Self, OpenError> {
        let connection = database.prepare()?;
        let writer = match &database {
            Database::Sqlite(_) => {
                let writer = Writer::start(database.clone(), connection);
                Some(writer.map_err(OpenError::Threads)?)
            }
            Database::Postgres(_) => None,
        };
        Ok(Self { pool: Pool::new(database), writer })
    }

    /// Runs a query that only reads, outside a transaction. It runs twice when the connection of
    /// the first run turns out to be lost.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        in_time(self.pool.read(query)).await
    }

    /// Runs `change` in a transaction and returns when it is durable. `change` may run more than
    /// once: a database can abort a transaction and ask for a repetition.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        match &self.writer {
            Some(writer) => in_time(writer.run(change)).await,
            None => in_time(self.pool.write(change)).await,
        }
    }
}

#[cfg(test)]
mod tests;
