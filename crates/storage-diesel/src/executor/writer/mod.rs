//! The writer thread: writes run one after another, and many of them share a commit.

mod job;
mod search_index;
mod thread;

use std::{
    fmt,
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use domain::{Dependency, PostId, Revision};

use self::{
    job::{Call, Message},
    thread::{BATCH, WriterThread},
};
use super::{gate::Gate, lease::LeasedRevisions, reply::Reply};
use crate::{
    connection::AnyConnection,
    database::{OpenedFile, SqliteDatabase},
    error::{OpenError, StorageError},
};

/// The maximum number of writes that run or wait in the queue of the thread.
const ADMITTED: usize = 2 * BATCH;

/// The writer thread.
pub(super) struct Writer {
    gate: Gate,
    revisions: Arc<LeasedRevisions>,
    /// `None` only while `drop` runs.
    queue: Option<mpsc::Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, with a connection to `database` of its own. When the connection breaks,
    /// the thread opens a new one.
    pub(super) fn start(
        database: SqliteDatabase,
        file: Arc<OpenedFile>,
    ) -> Result<Self, OpenError> {
        let (sender, queue) = mpsc::channel();
        let revisions = Arc::<LeasedRevisions>::default();
        let connection = database.connect_writer().map(AnyConnection::Sqlite)?;
        let thread = WriterThread::new(queue, database, connection, file, Arc::clone(&revisions));
        let thread = std::thread::Builder::new()
            .name("blog-writer".to_owned())
            .spawn(move || thread.work())
            .map_err(OpenError::Threads)?;
        Ok(Self { gate: Gate::new(ADMITTED), revisions, queue: Some(sender), thread: Some(thread) })
    }

    /// Runs a change of `posts`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        posts: Vec<PostId>,
        change: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        // With a permit, a write only enters the queue. If the running write hangs, the writes in
        // the queue cannot run either.
        if self.gate.is_stuck() {
            return Err(StorageError::Overloaded);
        }
        let permit = self.gate.enter().await?;
        let (reply, answered) = Reply::new(permit);
        self.send(Message::Change(Box::new(Call { change, posts, reply })))?;
        answered.await.map_err(|_| StorageError::Closed)?
    }

    /// Returns the revision of a dependency.
    pub(super) fn revision(&self, dependency: Dependency) -> Option<Revision> {
        self.revisions.of(dependency, || {
            // This fails only when the store closes.
            let _ = self.send(Message::RenewRevisions);
        })
    }

    fn send(&self, message: Message) -> Result<(), StorageError> {
        let queue = self.queue.as_ref().ok_or(StorageError::Closed)?;
        queue.send(message).map_err(|_| StorageError::Closed)
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
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
