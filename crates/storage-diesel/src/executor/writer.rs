//! Writes, one after another, many to a commit.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use diesel::{
    Connection, QueryResult,
    connection::{AnsiTransactionManager, TransactionManager},
};
use tokio::sync::{mpsc, oneshot};

use super::panic_message;
use crate::{
    connection::{AnyConnection, Database},
    error::StorageError,
};

/// The most writes in one commit, so that the first of them need not wait for ever.
const BATCH: usize = 64;

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// The thread that writes.
pub(super) struct Writer {
    /// `None` only while the writer is dropped.
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, to write through `connection` for as long as that works and through new
    /// ones to `database` after that.
    pub(super) fn start(database: Database, connection: AnyConnection) -> Result<Self, io::Error> {
        let (jobs, queue) = mpsc::channel(BATCH);
        let thread = thread::Builder::new()
            .name("blog-writer".to_owned())
            .spawn(move || work(queue, &database, connection))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        change: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Call { change, result: None, answer });
        let jobs = self.jobs.as_ref().ok_or(StorageError::Closed)?;
        jobs.send(job).await.map_err(|_| StorageError::Closed)?;
        answered.await.map_err(|_| StorageError::Closed)?
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Drop for Writer {
    /// Lets the thread finish what waits and close the database.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread sees of a caller's change.
trait Job: Send {
    /// Whether the caller has stopped waiting. What it has been told did not happen had better
    /// not happen.
    fn is_abandoned(&self) -> bool;

    /// Runs the change within the transaction of its batch. An error is one of that transaction,
    /// which is lost then.
    fn run(&mut self, db: &mut AnyConnection) -> Result<(), String>;

    /// Tells the caller, now that it is known what became of the batch.
    fn answer(self: Box<Self>, committed: &Result<(), String>);
}

/// One caller's change, what came of it, and whom to tell.
struct Call<T, F> {
    change: F,
    /// `None` until the change was run.
    result: Option<Result<T, StorageError>>,
    answer: oneshot::Sender<Result<T, StorageError>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: Fn(&mut AnyConnection) -> Result<T, StorageError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    /// A transaction in a transaction is a savepoint: the change takes effect as a whole or not at
    /// all, whatever becomes of the others in its batch, and also when it panics.
    ///
    /// On some errors (a full disk, say) SQLite undoes the whole transaction. There is no savepoint
    /// to go back to then, and a next change would be a transaction of its own.
    fn run(&mut self, db: &mut AnyConnection) -> Result<(), String> {
        Transactions::begin_transaction(db).map_err(|error| error.to_string())?;
        let result = catch_unwind(AssertUnwindSafe(|| (self.change)(db)))
            .unwrap_or_else(|panic| Err(StorageError::Panicked(panic_message(&*panic))));
        let ended = match &result {
            Ok(_) => Transactions::commit_transaction(db).map_err(|error| error.to_string()),
            Err(cause) => {
                Transactions::rollback_transaction(db).map_err(|_| StorageError::with_causes(cause))
            }
        };
        self.result = Some(result);
        ended
    }

    /// Without a commit nothing that a change was told holds, not even what it failed of: that may
    /// have been the doing of another change of the batch.
    fn answer(self: Box<Self>, committed: &Result<(), String>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => return,
            (Err(cause), _) => Err(StorageError::NotCommitted(cause.clone())),
        };
        // The caller may have gone meanwhile.
        let _ = self.answer.send(result);
    }
}

/// The thread: takes what waits, commits it, answers.
fn work(mut queue: mpsc::Receiver<Box<dyn Job>>, database: &Database, connection: AnyConnection) {
    let mut connection = Some(connection);
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let committed = match connection.take().map_or_else(|| database.connect(), Ok) {
            Ok(mut db) => {
                let committed = commit(&mut db, &mut batch);
                // Dropping a connection undoes whatever it has left undone.
                connection = (!db.is_broken()).then_some(db);
                committed
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(cause) = &committed {
            tracing::warn!(cause, writes = batch.len(), "writes were not committed");
        }
        for job in batch {
            job.answer(&committed);
        }
    }
}

/// Runs a batch as one transaction.
fn commit(db: &mut AnyConnection, batch: &mut [Box<dyn Job>]) -> Result<(), String> {
    begin(db).map_err(|error| error.to_string())?;
    for job in batch.iter_mut().filter(|job| !job.is_abandoned()) {
        job.run(db)?;
    }
    Transactions::commit_transaction(db).map_err(|error| error.to_string())
}

/// Takes the write lock at once: a transaction that comes to need it later, while another process
/// holds it, fails without waiting.
fn begin(db: &mut AnyConnection) -> QueryResult<()> {
    match db {
        AnyConnection::Sqlite(db) => {
            AnsiTransactionManager::begin_transaction_sql(db, "BEGIN IMMEDIATE")
        }
        AnyConnection::Postgres(_) => Transactions::begin_transaction(db),
    }
}
