//! The pool of connections.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use diesel::r2d2::R2D2Connection as _;
use r2d2::ManageConnection;

use super::stored_length::stored_length;
use crate::{
    connection::AnyConnection,
    database::{Database, OpenedFile},
    error::{OpenError, StorageError},
};

/// How long to wait for a connection. This is shorter than the deadline of a call, so that the
/// caller gets the cause instead of a timeout.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection to PostgreSQL that was idle for longer than this is checked before it is used.
const UNCHECKED_IDLE: Duration = Duration::from_secs(1);

/// The connections of the pool. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    pool: r2d2::Pool<Connector>,
    file: Option<Arc<OpenedFile>>,
    lost: Lost,
}

/// The time when a lost connection was last detected. Connections that were not used since then are
/// probably lost too.
type Lost = Arc<Mutex<Option<Instant>>>;

impl Connections {
    /// Creates a pool of at most `most` connections. They are opened when they are first needed.
    /// `file` is the opened file of an SQLite database.
    pub(super) fn new(database: Database, file: Option<Arc<OpenedFile>>, most: usize) -> Self {
        let lost = Lost::default();
        let pool = r2d2::Pool::builder()
            .max_size(u32::try_from(most).unwrap_or(u32::MAX))
            .min_idle(Some(0))
            .connection_timeout(CHECKOUT_TIMEOUT)
            .build_unchecked(Connector { database, file: file.clone(), lost: Arc::clone(&lost) });
        Self { pool, file, lost }
    }

    /// Runs calls on a connection. Returns an error if there is no connection, if the calls could
    /// not run, or if they have read a truncated file.
    pub(super) fn run(
        &self,
        calls: impl FnOnce(&mut Pooled) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let mut db = self.pool.get().map_err(|error| StorageError::Connection(error.into()))?;
        let result = calls(&mut db);
        db.used = Instant::now();
        if let Some(file) = &self.file {
            file.check_read(|part| stored_length(&mut db, part))
                .map_err(|lost| StorageError::LostFile(lost.to_string()))?;
        }
        if db.is_lost {
            *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(db.used);
        }
        result
    }
}

/// Opens and checks the pool's connections.
#[derive(Debug)]
pub(super) struct Connector {
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
pub(super) struct Pooled {
    db: AnyConnection,
    /// When it was last used.
    used: Instant,
    /// Whether it must not be used again.
    pub(super) is_lost: bool,
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
