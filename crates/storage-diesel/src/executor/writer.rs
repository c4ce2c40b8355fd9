//! The writer thread: writes run one after another, and many of them share a commit.

use std::{
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use diesel::connection::TransactionManager as _;
use domain::{error_chain, panic_message};
use tokio::sync::{mpsc, oneshot};

use super::{
    gate::{Gate, Permit},
    stored_length::stored_length,
};
use crate::{
    connection::{AnyConnection, Transactions},
    database::{OpenedFile, SqliteDatabase},
    error::{OpenError, StorageError},
};

/// The maximum number of writes in one commit. It limits how long the first write waits for the
/// others.
const BATCH: usize = 64;

/// The maximum number of writes that run or wait in the queue of the thread.
const ADMITTED: usize = 2 * BATCH;

/// How long the thread may write without a break while writes wait.
const LONGEST_TURN: Duration = Duration::from_millis(100);

/// The length of a break. In a break, another process can lock the file. The length is twice the
/// time between two attempts of the other process.
const BREAK: Duration = Duration::from_millis(2);

/// The writer thread.
pub(super) struct Writer {
    gate: Gate,
    /// `None` only while `drop` runs.
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, with a connection to `database` of its own. When the connection breaks,
    /// the thread opens a new one.
    pub(super) fn start(
        database: SqliteDatabase,
        file: Arc<OpenedFile>,
    ) -> Result<Self, OpenError> {
        let (jobs, queue) = mpsc::channel(BATCH);
        let connection = database.connect_writer().map(AnyConnection::Sqlite)?;
        let thread = thread::Builder::new()
            .name("blog-writer".to_owned())
            .spawn(move || work(queue, &database, connection, file))
            .map_err(OpenError::Threads)?;
        Ok(Self { gate: Gate::new(ADMITTED), jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        change: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        // With a permit, a write only enters the queue. If the running write hangs, the writes in
        // the queue cannot run either.
        if self.gate.is_stuck() {
            return Err(StorageError::Overloaded);
        }
        let permit = self.gate.enter().await?;
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Call { change, result: None, answer, permit });
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
    /// Waits for the thread to finish the queued writes and to close the database.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A queued change of a caller. The trait does not depend on the type of the change's result.
trait Job: Send {
    /// Returns whether the caller has stopped waiting. The thread then skips the change. This is
    /// allowed, because the caller's error does not say whether the change was made.
    fn is_abandoned(&self) -> bool;

    /// Runs the change in the transaction of its batch. Returns an error only if that transaction
    /// is lost. If only the change failed, returns `Ok`.
    fn run(&mut self, db: &mut AnyConnection) -> Result<(), String>;

    /// Sends the result to the caller. `committed` says whether the batch was committed.
    fn answer(self: Box<Self>, committed: &Result<(), String>);
}

/// A change of a caller, its result, and the channel for the answer.
struct Call<T, F> {
    change: F,
    /// `None` until the change has run.
    result: Option<Result<T, StorageError>>,
    answer: oneshot::Sender<Result<T, StorageError>>,
    permit: Permit,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: Fn(&mut AnyConnection) -> Result<T, StorageError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    /// The change runs in a savepoint. If it fails or panics, only this change is rolled back, not
    /// the other changes of its batch.
    ///
    /// On some errors, such as a full disk, SQLite rolls back the whole transaction with its
    /// savepoints. This method then returns an error, because otherwise the next change would run
    /// in a transaction of its own.
    fn run(&mut self, db: &mut AnyConnection) -> Result<(), String> {
        Transactions::begin_transaction(db).map_err(|error| error.to_string())?;
        let result = catch_unwind(AssertUnwindSafe(|| (self.change)(db)))
            .unwrap_or_else(|panic| Err(StorageError::Panicked(panic_message(&*panic))));
        let ended = match &result {
            Ok(_) => Transactions::commit_transaction(db).map_err(|error| error.to_string()),
            Err(cause) => Transactions::rollback_transaction(db).map_err(|_| error_chain(cause)),
        };
        self.result = Some(result);
        ended
    }

    /// If the batch was not committed, no result is valid, not even an error. For example, an error
    /// can be a conflict with a post that the same batch inserted and that was rolled back.
    fn answer(self: Box<Self>, committed: &Result<(), String>) {
        let Self { result, answer, permit, change: _ } = *self;
        // The next write of this caller must not find that this write still runs.
        drop(permit);
        let result = match (committed, result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => return,
            (Err(cause), _) => Err(StorageError::NotCommitted(cause.clone())),
        };
        // This fails if the caller has stopped waiting.
        let _ = answer.send(result);
    }
}

/// The loop of the thread: receives the waiting changes, commits them, and answers their callers.
fn work(
    mut queue: mpsc::Receiver<Box<dyn Job>>,
    database: &SqliteDatabase,
    connection: AnyConnection,
    file: Arc<OpenedFile>,
) {
    let mut connection = Some(connection);
    let mut turn = Instant::now();
    while let Some(first) = next(&mut queue, &mut turn) {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let committed = match connection.take().map_or_else(|| connect(database, &file), Ok) {
            Ok(mut db) => {
                let committed = commit_to_file(&mut db, &mut batch, &file);
                if file.is_truncated() {
                    mem::forget(db);
                } else {
                    // A broken connection is dropped, which rolls back its open transaction.
                    connection = (!db.is_broken()).then_some(db);
                }
                committed
            }
            Err(cause) => Err(cause),
        };
        if let Err(cause) = &committed {
            tracing::warn!(cause, writes = batch.len(), "writes were not committed");
        }
        for job in batch {
            job.answer(&committed);
        }
    }
    if file.is_truncated() {
        mem::forget(connection);
    }
}

/// Waits for the next change. `turn` is the time since which the thread has written without a
/// break.
fn next(queue: &mut mpsc::Receiver<Box<dyn Job>>, turn: &mut Instant) -> Option<Box<dyn Job>> {
    if turn.elapsed() < LONGEST_TURN
        && let Ok(job) = queue.try_recv()
    {
        return Some(job);
    }
    if !queue.is_empty() {
        thread::sleep(BREAK);
    }
    let job = queue.blocking_recv();
    *turn = Instant::now();
    job
}

/// Opens another connection, if the path still leads to the opened file.
fn connect(database: &SqliteDatabase, file: &OpenedFile) -> Result<AnyConnection, String> {
    file.check_path().map_err(|lost| lost.to_string())?;
    database.connect_writer().map(AnyConnection::Sqlite).map_err(|error| error.to_string())
}

/// Commits a batch. Returns an error if the path of the database no longer leads to the file that
/// the connection has opened.
fn commit_to_file(
    db: &mut AnyConnection,
    batch: &mut [Box<dyn Job>],
    file: &OpenedFile,
) -> Result<(), String> {
    let check = |db: &mut _| file.check(|part| stored_length(db, part));
    check(db).map_err(|lost| lost.to_string())?;
    commit(db, batch)?;
    // A commit to a file that was deleted meanwhile is lost at the end of the process.
    check(db)
        .and_then(|()| file.check_log(|part| stored_length(db, part)))
        .map_err(|lost| lost.to_string())
}

/// Runs a batch as one transaction.
fn commit(db: &mut AnyConnection, batch: &mut [Box<dyn Job>]) -> Result<(), String> {
    db.engine().begin_write().map_err(|error| error.to_string())?;
    for job in batch.iter_mut().filter(|job| !job.is_abandoned()) {
        job.run(db)?;
    }
    Transactions::commit_transaction(db).map_err(|error| error.to_string())
}
