//! The threads that talk to the database: the only place in this crate where anything blocks.
//!
//! Calls run side by side, each on a connection of a pool; but writes to SQLite run one after
//! another on a thread of their own. It has one writer at a time whatever we do, and a thread can
//! commit all that wait for it in one go, which shares the cost of a commit: one wait for the disk.

mod pool;
mod writer;

use std::{any::Any, future::Future, time::Duration};

use domain::ports::RepositoryError;

use self::{pool::Pool, writer::Writer};
use crate::{
    connection::{AnyConnection, Database},
    error::{OpenError, StorageError},
};

/// How long a call may take from being made to being answered, waiting included.
const DEADLINE: Duration = Duration::from_millis(2_500);

/// An open database, up to date.
#[derive(Debug)]
pub(crate) struct Executor {
    pool: Pool,
    /// `None` where writes run side by side too.
    writer: Option<Writer>,
}

impl Executor {
    /// Opens a database, making it if need be, and brings it up to date.
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

    /// Runs `query`, which is one statement or does not mind to see what was written between two.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        in_time(self.pool.run(query)).await
    }

    /// Runs `change` as one transaction and answers when it is on the disk. `change` may be run
    /// more than once: there are databases that abort a transaction and ask for it again.
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

/// What a panic said.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

async fn in_time<T>(
    call: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, RepositoryError> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(result) => result.map_err(RepositoryError::from),
        Err(_elapsed) => Err(StorageError::Deadline.into()),
    }
}

#[cfg(test)]
mod tests;
