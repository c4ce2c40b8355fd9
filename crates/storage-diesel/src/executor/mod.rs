//! The threads that talk to the database: the only place in this crate where anything blocks.
//!
//! Reads run side by side, each on a connection of a pool. Writes run one after another on a
//! thread of their own, because SQLite has one writer at a time whatever we do: the thread commits
//! all that wait for it in one go and so shares the cost of a commit, which is one wait for the
//! disk.

mod readers;
mod writer;

use std::{any::Any, future::Future, time::Duration};

use domain::ports::RepositoryError;

use self::{readers::Readers, writer::Writer};
use crate::{
    connection::{AnyConnection, SqliteDatabase},
    error::{OpenError, StorageError},
    migrations,
};

/// How long a call may take from being made to being answered, waiting included.
const DEADLINE: Duration = Duration::from_secs(3);

/// An open database, up to date.
#[derive(Debug)]
pub(crate) struct Executor {
    readers: Readers,
    writer: Writer,
}

impl Executor {
    /// Opens a database, making it if need be, and brings it up to date.
    pub(crate) fn open(database: SqliteDatabase) -> Result<Self, OpenError> {
        let mut connection = database.create()?;
        migrations::run(&mut connection)
            .map_err(|cause| OpenError::Migrate { path: database.path().to_owned(), cause })?;
        let writer = Writer::start(database.clone(), connection).map_err(OpenError::Threads)?;
        Ok(Self { readers: Readers::new(database), writer })
    }

    /// Runs `query`, which is one statement or does not mind to see what was written between two.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        in_time(self.readers.run(query)).await
    }

    /// Runs `change` as one transaction and answers when it is on the disk. `change` has to be
    /// repeatable: there are databases that abort a transaction and ask for it again.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        in_time(self.writer.run(change)).await
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
