//! The threads that run queries. After a database has been opened, only these threads call it.
//!
//! Each kind of call has a lane: a queue and some threads. Writes to SQLite are the exception: they
//! run one after another on one thread. SQLite allows only one writer at a time anyway. One thread
//! can commit many waiting writes in one transaction, so that they wait for the disk only once.

mod blocking;
mod connections;
mod deadline;
mod gate;
mod lane;
mod lease;
mod reply;
mod stored_length;
mod transaction;
mod workload;
mod writer;

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use domain::{Dependency, PostId, Revision, ports::RepositoryError};

pub(crate) use self::workload::Workload;
use self::{
    blocking::run_blocking, deadline::in_time, gate::Gate, transaction::in_transaction,
    workload::Lanes, writer::Writer,
};
use crate::{
    connection::AnyConnection,
    database::Database,
    error::{OpenError, StorageError},
};

/// An open database whose migrations have run.
#[derive(Debug)]
pub(crate) struct Executor {
    computations: Gate,
    lanes: Lanes,
    /// The writer thread. `None` if writes run concurrently, which is the case on PostgreSQL.
    writer: Option<Writer>,
}

impl Executor {
    /// Opens a database and runs its pending migrations. Creates an SQLite file if it does not
    /// exist.
    pub(crate) fn open(database: Database) -> Result<Self, OpenError> {
        // SQLite deletes its log when the last connection closes. This connection closes only after
        // the writer has opened its own.
        let _connection = database.prepare()?;
        let (writer, file) = match &database {
            Database::Sqlite(database) => {
                let file = Arc::new(database.opened()?);
                let writer = Writer::start(database.clone(), Arc::clone(&file))?;
                (Some(writer), Some(file))
            }
            Database::Postgres(_) => (None, None),
        };
        let processors = available_parallelism().map_or(1, NonZero::get);
        let lanes = Lanes::start(database, file).map_err(OpenError::Threads)?;
        Ok(Self { computations: Gate::new(processors), lanes, writer })
    }

    /// Runs a long computation on a thread that may block. The computation uses no database.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        computation: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RepositoryError> {
        in_time(run_blocking(&self.computations, || Ok(computation()))).await
    }

    /// Runs a read-only query, without beginning a transaction. If the connection is lost, runs the
    /// query once more on another connection.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        workload: Workload,
        query: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        in_time(self.lanes.of(workload).run(true, query)).await
    }

    /// Runs `change`, which changes `posts`, in a transaction and returns when it is durable.
    /// `change` may run more than once, because the database can abort the transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        posts: Vec<PostId>,
        change: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        match &self.writer {
            Some(writer) => in_time(writer.run(posts, change)).await,
            None => {
                let lane = self.lanes.of(Workload::Write);
                in_time(lane.run(false, in_transaction(change))).await
            }
        }
    }

    /// Returns the revision of a dependency. Returns `None` on PostgreSQL, where other servers may
    /// change posts without notice.
    pub(crate) fn revision(&self, dependency: Dependency) -> Option<Revision> {
        self.writer.as_ref()?.revision(dependency)
    }
}

#[cfg(test)]
mod tests;
