//! The loop of the writer thread.

use std::{
    collections::VecDeque,
    mem,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl as _, connection::TransactionManager as _, sql_query,
    sql_types::BigInt,
};

use super::{
    job::{Job, Message},
    search_index::IndexChanges,
};
use crate::{
    connection::{AnyConnection, Transactions},
    database::{OpenedFile, SqliteDatabase},
    executor::{lease::LeasedRevisions, stored_length::stored_length},
};

/// The maximum number of writes in one commit. It limits how long the first write waits for the
/// others.
pub(super) const BATCH: usize = 64;

/// When the statements of a batch have run for this long, the changes that have not begun wait for
/// the next batch. So the first change does not wait for many slow ones.
const LONGEST_BATCH: Duration = Duration::from_millis(50);

/// The same limit for the search index, which is updated after the statements: the length of the
/// changed tokens, in bytes. FTS5 needs about 50 ms for so many tokens.
const MOST_TOKENS: usize = 256 << 10;

/// How long the thread may write without a break while writes wait.
const LONGEST_TURN: Duration = Duration::from_millis(100);

/// The length of a break. In a break, another process can lock the file. The length is twice the
/// time between two attempts of the other process.
const BREAK: Duration = Duration::from_millis(2);

/// The state of the writer thread.
pub(super) struct WriterThread {
    queue: Receiver<Message>,
    /// The changes that a batch had no time for.
    delayed: VecDeque<Box<dyn Job>>,
    database: SqliteDatabase,
    /// `None` if the last connection broke.
    connection: Option<AnyConnection>,
    file: Arc<OpenedFile>,
    revisions: Arc<LeasedRevisions>,
    /// The number of changes by other processes, as SQLite counts them for this connection. `None`
    /// if it is not known yet.
    data_version: Option<i64>,
    /// When the thread began to write without a break.
    turn: Instant,
}

/// What the thread has to do next.
enum Next {
    Write(Box<dyn Job>),
    RenewRevisions,
    Stop,
}

impl WriterThread {
    pub(super) fn new(
        queue: Receiver<Message>,
        database: SqliteDatabase,
        connection: AnyConnection,
        file: Arc<OpenedFile>,
        revisions: Arc<LeasedRevisions>,
    ) -> Self {
        Self {
            queue,
            delayed: VecDeque::new(),
            database,
            connection: Some(connection),
            file,
            revisions,
            data_version: None,
            turn: Instant::now(),
        }
    }

    /// Commits the waiting changes and answers their callers, until the queue closes.
    pub(super) fn work(mut self) {
        loop {
            match self.next() {
                Next::Write(first) => self.write(first),
                Next::RenewRevisions => self.renew_revisions(),
                Next::Stop => break,
            }
        }
        if self.file.is_truncated() {
            mem::forget(self.connection);
        }
    }

    /// Waits for a message, or for the time when the revisions have to be renewed.
    fn next(&mut self) -> Next {
        if let Some(message) = self.waiting() {
            if self.turn.elapsed() >= LONGEST_TURN {
                thread::sleep(BREAK);
                self.turn = Instant::now();
            }
            return message.into();
        }
        let next = match self.revisions.next_check() {
            Some(time) => match self.queue.recv_timeout(time) {
                Ok(message) => message.into(),
                Err(RecvTimeoutError::Timeout) => Next::RenewRevisions,
                Err(RecvTimeoutError::Disconnected) => Next::Stop,
            },
            None => self.queue.recv().map_or(Next::Stop, Next::from),
        };
        self.turn = Instant::now();
        next
    }

    /// Returns a message that already waits.
    fn waiting(&mut self) -> Option<Message> {
        let delayed = self.delayed.pop_front().map(Message::Change);
        delayed.or_else(|| self.queue.try_recv().ok())
    }

    fn write(&mut self, first: Box<dyn Job>) {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Some(next) = self.waiting()
        {
            if let Message::Change(next) = next {
                batch.push(next);
            }
        }
        let committed = match self.connect() {
            Ok(mut db) => {
                let committed = self.commit_to_file(&mut db, &mut batch);
                self.keep(db);
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

    /// Returns the connection. Opens another one if it broke and if the path still leads to the
    /// opened file.
    fn connect(&mut self) -> Result<AnyConnection, String> {
        if let Some(db) = self.connection.take() {
            return Ok(db);
        }
        self.data_version = None;
        self.file.check_path().map_err(|lost| lost.to_string())?;
        let db = self.database.connect_writer().map_err(|error| error.to_string())?;
        Ok(AnyConnection::Sqlite(db))
    }

    /// Keeps a connection for the next changes.
    fn keep(&mut self, mut db: AnyConnection) {
        if self.file.is_truncated() {
            mem::forget(db);
        } else {
            // A broken connection is dropped, which rolls back its open transaction.
            self.connection = (!db.is_broken()).then_some(db);
        }
    }

    /// Commits a batch. Returns an error if the path of the database no longer leads to the file
    /// that the connection has opened.
    fn commit_to_file(
        &mut self,
        db: &mut AnyConnection,
        batch: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), String> {
        let file = Arc::clone(&self.file);
        let check = |db: &mut _| file.check(|part| stored_length(db, part));
        check(db).map_err(|lost| lost.to_string())?;
        self.commit(db, batch)?;
        // A commit to a file that was deleted meanwhile is lost at the end of the process.
        check(db)
            .and_then(|()| file.check_log(|part| stored_length(db, part)))
            .map_err(|lost| lost.to_string())
    }

    /// Runs a batch as one transaction.
    ///
    /// Almost always, each change succeeds or is refused. So the changes first run without
    /// savepoints. If one fails in another way, the batch starts again, with a savepoint for each
    /// change.
    fn commit(
        &mut self,
        db: &mut AnyConnection,
        batch: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), String> {
        if let Err(cause) = self.run(db, batch) {
            // This fails if SQLite has already rolled the transaction back, or if it did not begin.
            Transactions::rollback_transaction(db).map_err(|_| cause.clone())?;
            tracing::debug!(cause, writes = batch.len(), "writes run again, each in a savepoint");
            self.begin(db)?;
            for job in batch.iter_mut().filter(|job| !job.is_abandoned()) {
                job.run_in_savepoint(db)?;
            }
        }
        let _change = self.revisions.change(batch.iter().flat_map(|job| job.posts()).copied());
        Transactions::commit_transaction(db).map_err(|error| error.to_string())
    }

    fn begin(&mut self, db: &mut AnyConnection) -> Result<(), String> {
        db.engine().begin_write().map_err(|error| error.to_string())?;
        self.detect_other_changes(db);
        Ok(())
    }

    /// Begins a transaction, and runs the changes of a batch in it, without savepoints. Removes those
    /// from the batch that have to wait for the next one.
    fn run(&mut self, db: &mut AnyConnection, batch: &mut Vec<Box<dyn Job>>) -> Result<(), String> {
        self.begin(db)?;
        let start = Instant::now();
        let mut index = IndexChanges::default();
        let mut ran = 0;
        for job in &mut *batch {
            if !job.is_abandoned() {
                job.run(db, &mut index)?;
            }
            ran += 1;
            if start.elapsed() >= LONGEST_BATCH || index.bytes() >= MOST_TOKENS {
                break;
            }
        }
        for job in batch.drain(ran..).rev() {
            self.delayed.push_front(job);
        }
        index.make(db).map_err(|error| error.to_string())
    }

    /// Renews the revisions, if the file is complete.
    fn renew_revisions(&mut self) {
        let Ok(mut db) = self.connect() else { return };
        if self.file.check(|part| stored_length(&mut db, part)).is_ok() {
            self.detect_other_changes(&mut db);
        }
        self.keep(db);
    }

    /// Detects changes by other processes. Renews the revisions.
    fn detect_other_changes(&mut self, db: &mut AnyConnection) {
        let start = Instant::now();
        // If this fails, the revisions expire.
        let Ok(data_version) = data_version(db) else { return };
        if self.data_version.replace(data_version) != Some(data_version) {
            self.revisions.change_unknown();
        }
        self.revisions.renew(start);
    }
}

impl From<Message> for Next {
    fn from(message: Message) -> Self {
        match message {
            Message::Change(job) => Self::Write(job),
            Message::RenewRevisions => Self::RenewRevisions,
        }
    }
}

/// Returns a number that changes when another connection has changed the file.
fn data_version(db: &mut AnyConnection) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        data_version: i64,
    }
    sql_query("PRAGMA data_version").get_result(db).map(|Row { data_version }| data_version)
}
