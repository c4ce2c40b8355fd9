//! A lane: the queue of the calls of one kind, and the threads that run them.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Instant,
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use diesel::connection::TransactionManager as _;
use domain::{error_chain, panic_message};

use super::{
    connections::{Connections, Pooled},
    gate::Gate,
    reply::Reply,
};
use crate::{
    connection::{AnyConnection, Transactions},
    engine::STATEMENT_TIMEOUT,
    error::StorageError,
};

/// The size of a lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// The number of threads. Each uses one connection while it runs calls.
    pub(super) threads: usize,
    /// The maximum number of calls that a thread runs at once, on one snapshot of the database.
    pub(super) batch: usize,
    /// Whether other threads of the program take precedence over these threads.
    pub(super) is_slow: bool,
}

/// The queue of the calls of one kind, and the threads that run them. The threads end when the lane
/// is dropped.
#[derive(Debug)]
pub(super) struct Lane {
    gate: Gate,
    queue: Sender<Box<dyn Call>>,
}

impl Lane {
    /// Starts the threads.
    pub(super) fn start(name: &str, size: Size, connections: &Connections) -> io::Result<Self> {
        let (sender, queue) = unbounded();
        for _ in 0..size.threads {
            let (queue, connections) = (queue.clone(), connections.clone());
            thread::Builder::new()
                .name(format!("blog-{name}"))
                .spawn(move || work(&queue, size, &connections))?;
        }
        Ok(Self { gate: Gate::new(size.threads * size.batch), queue: sender })
    }

    /// Runs a call. If the connection is lost and `repeat` is set, runs it once more on another one.
    /// Otherwise, a call runs at most once.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        repeat: bool,
        query: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let permit = self.gate.enter().await?;
        let (reply, answered) = Reply::new(permit);
        let call = QueuedCall { query, repeat, reply };
        self.queue.send(Box::new(call)).map_err(|_| StorageError::Closed)?;
        answered.await.map_err(|_| StorageError::Closed)?
    }
}

/// A call in the queue of a lane. The trait does not depend on the type of the result.
trait Call: Send {
    /// Returns whether the caller has stopped waiting.
    fn is_abandoned(&self) -> bool;

    /// Runs the call and keeps its result.
    fn run(&mut self, db: &mut Pooled);

    /// Returns whether the call failed because the connection was lost, and may run again.
    fn must_repeat(&self) -> bool;

    /// Sends the result to the caller. `ran` says whether the batch ran.
    fn answer(self: Box<Self>, ran: &Result<(), String>);
}

/// A query of a caller, and its result.
struct QueuedCall<T, F> {
    query: F,
    repeat: bool,
    reply: Reply<T>,
}

impl<T, F> Call for QueuedCall<T, F>
where
    T: Send,
    F: Fn(&mut AnyConnection) -> Result<T, StorageError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_abandoned()
    }

    fn run(&mut self, db: &mut Pooled) {
        let started = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| (self.query)(db))).unwrap_or_else(|panic| {
            db.is_lost = true;
            Err(StorageError::Panicked(panic_message(&*panic)))
        });
        let result = result.map_err(|error| {
            if error.is_timeout(started.elapsed(), STATEMENT_TIMEOUT) {
                error.into_timeout()
            } else {
                error
            }
        });
        if matches!(&result, Err(error) if error.is_lost_connection()) {
            db.is_lost = true;
        }
        self.reply.set(result);
    }

    fn must_repeat(&self) -> bool {
        let is_lost = matches!(self.reply.result(), Some(Err(error)) if error.is_lost_connection());
        self.repeat && is_lost
    }

    fn answer(self: Box<Self>, ran: &Result<(), String>) {
        self.reply.send(ran.clone().map_err(StorageError::NotRun));
    }
}

/// The loop of a thread: takes the waiting calls, runs them and answers their callers.
fn work(queue: &Receiver<Box<dyn Call>>, size: Size, connections: &Connections) {
    if size.is_slow {
        yield_to_others();
    }
    while let Ok(first) = queue.recv() {
        // The other threads of the lane get their share of the waiting calls.
        let share = (queue.len() / size.threads).min(size.batch.saturating_sub(1));
        let mut batch: Vec<_> = [first].into_iter().chain(queue.try_iter().take(share)).collect();
        batch.retain(|call| !call.is_abandoned());
        if batch.is_empty() {
            continue;
        }
        let mut ran = connections.run(|db| run_all(db, &mut batch));
        if batch.iter().any(|call| call.must_repeat()) {
            ran = connections.run(|db| run_all(db, &mut batch));
        }
        let ran = ran.map_err(|error| error_chain(&error));
        for call in batch {
            call.answer(&ran);
        }
    }
}

/// Lets other threads of the program take precedence over this thread. So a fast call does not wait
/// until the time slice of a slow call ends.
fn yield_to_others() {
    // On Linux, this changes the calling thread only. It then gets about a tenth of the time of
    // another thread, if both need the processor. If it fails, fast calls wait longer.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 10);
}

/// Runs the calls of a batch. Several calls share one read transaction, so that the database locks
/// its snapshot only once. All calls were in the queue before it begins, so each call sees the
/// writes that were acknowledged before the call.
fn run_all(db: &mut Pooled, batch: &mut [Box<dyn Call>]) -> Result<(), StorageError> {
    if let [call] = batch {
        call.run(db);
        return Ok(());
    }
    Transactions::begin_transaction(&mut **db)?;
    for call in batch {
        call.run(db);
    }
    // The end of a transaction that only reads does not change what was read.
    db.is_lost |= Transactions::commit_transaction(&mut **db).is_err();
    Ok(())
}
