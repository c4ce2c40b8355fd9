//! Runs calls concurrently, each on a connection from a pool.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use backon::{BlockingRetryable as _, ConstantBuilder};
use diesel::{Connection as _, r2d2::R2D2Connection as _};
use r2d2::ManageConnection;

use super::{
    blocking::run_blocking,
    deadline::DEADLINE,
    stored_length::stored_length,
    workload::{Gates, Workload},
};
use crate::{
    connection::AnyConnection,
    database::{Database, OpenedFile},
    engine::STATEMENT_TIMEOUT,
    error::{OpenError, StorageError},
};

/// How long to wait for a connection. This is shorter than the deadline of a call, so that the
/// caller gets the cause instead of a timeout.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection to PostgreSQL that was idle for longer than this is checked before it is used.
const UNCHECKED_IDLE: Duration = Duration::from_secs(1);

/// The maximum number of times to repeat a transaction that the database aborted.
const REPETITIONS: usize = 3;

/// The minimum time before a repetition. A random time of at most the same length is added, so that
/// two transactions do not conflict again.
const REPETITION_DELAY: Duration = Duration::from_millis(25);

/// A pool of connections, and the gates that limit the calls on them.
///
/// A call passes its gate before it occupies a thread, and keeps its permit until the database has
/// finished the call. So the numbers of threads and connections are bounded.
#[derive(Debug)]
pub(super) struct Pool {
    connections: Connections,
    gates: Gates,
}

impl Pool {
    /// Creates a pool. Connections are opened when they are first needed.
    /// `file` is the opened file of an SQLite database.
    pub(super) fn new(database: Database, file: Option<Arc<OpenedFile>>) -> Self {
        let gates = match &database {
            Database::Sqlite(_) => Gates::sqlite(),
            Database::Postgres(_) => Gates::postgres(),
        };
        Self { connections: Connections::new(database, file, gates.permits()), gates }
    }

    /// Runs `query`. If the connection is lost, runs it again on another one. This is safe because
    /// `query` only reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        workload: Workload,
        query: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.run(workload, move |connections| {
            let result = connections.run(&query);
            match result {
                Err(error) if error.is_lost_connection() => connections.run(&query),
                result => result,
            }
        })
        .await
    }

    /// Runs `change` in a transaction, and repeats it when the database aborts it.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let last_start = Instant::now() + DEADLINE - 2 * REPETITION_DELAY;
        self.run(Workload::Write, move |connections| {
            connections.run(|db| {
                let attempts = ConstantBuilder::new()
                    .with_delay(REPETITION_DELAY)
                    .with_jitter()
                    .with_max_times(REPETITIONS);
                let transaction = || db.transaction(&change);
                transaction
                    .retry(attempts)
                    .when(|error| error.is_repeatable() && Instant::now() < last_start)
                    .call()
            })
        })
        .await
    }

    /// Runs `call` on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        workload: Workload,
        call: impl FnOnce(&Connections) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let connections = self.connections.clone();
        run_blocking(self.gates.of(workload), move || call(&connections)).await
    }
}

/// The connections of the pool. Clones share them.
#[derive(Debug, Clone)]
struct Connections {
    pool: r2d2::Pool<Connector>,
    file: Option<Arc<OpenedFile>>,
    lost: Lost,
}

/// The time when a lost connection was last detected. Connections that were not used since then are
/// probably lost too.
type Lost = Arc<Mutex<Option<Instant>>>;

impl Connections {
    fn new(database: Database, file: Option<Arc<OpenedFile>>, most: usize) -> Self {
        let lost = Lost::default();
        let pool = r2d2::Pool::builder()
            .max_size(u32::try_from(most).unwrap_or(u32::MAX))
            .min_idle(Some(0))
            .connection_timeout(CHECKOUT_TIMEOUT)
            .build_unchecked(Connector { database, file: file.clone(), lost: Arc::clone(&lost) });
        Self { pool, file, lost }
    }

    /// Runs `call` on a connection.
    fn run<T>(
        &self,
        call: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut db = self.pool.get().map_err(|error| StorageError::Connection(error.into()))?;
        let started = Instant::now();
        let result = call(&mut db).map_err(|error| {
            if error.is_timeout(started.elapsed(), STATEMENT_TIMEOUT) {
                error.into_timeout()
            } else {
                error
            }
        });
        db.used = Instant::now();
        if let Some(file) = &self.file {
            file.check_read(|part| stored_length(&mut db, part))
                .map_err(|lost| StorageError::LostFile(lost.to_string()))?;
        }
        if matches!(&result, Err(error) if error.is_lost_connection()) {
            db.is_lost = true;
            *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(db.used);
        }
        result
    }
}

/// Opens and checks the pool's connections.
#[derive(Debug)]
struct Connector {
    database: Database,
    file: Option<Arc<OpenedFile>>,
    lost: Lost,
}

impl Connector {
    /// Returns whether a connection must be checked before it is used. This is never the case for a
    /// connection to SQLite.
    fn is_suspect(&self, connection: &Pooled) -> bool {
        let lost = *self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        match self.database {
            Database::Sqlite(_) => false,
            Database::Postgres(_) => {
                connection.used.elapsed() > UNCHECKED_IDLE
                    || lost.is_some_and(|lost| connection.used <= lost)
            }
        }
    }
}

/// A connection of the pool.
struct Pooled {
    db: AnyConnection,
    /// When it was last used.
    used: Instant,
    /// Whether it must not be used again.
    is_lost: bool,
}

impl Deref for Pooled {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.db
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.db
    }
}

impl ManageConnection for Connector {
    type Connection = Pooled;
    type Error = OpenError;

    fn connect(&self) -> Result<Pooled, OpenError> {
        if let Some(file) = &self.file {
            file.check_path().map_err(|lost| OpenError::open(&self.database, lost))?;
        }
        Ok(Pooled { db: self.database.connect()?, used: Instant::now(), is_lost: false })
    }

    fn is_valid(&self, connection: &mut Pooled) -> Result<(), OpenError> {
        if self.is_suspect(connection) {
            connection.ping().map_err(|error| OpenError::open(&self.database, error))?;
        }
        Ok(())
    }

    fn has_broken(&self, connection: &mut Pooled) -> bool {
        connection.is_lost || connection.is_broken()
    }
}
