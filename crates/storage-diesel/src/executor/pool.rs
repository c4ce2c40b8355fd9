//! Calls side by side, each on a connection of a pool.

use std::{
    num::NonZero,
    ops::{Deref, DerefMut},
    thread::{self, available_parallelism},
    time::{Duration, Instant},
};

use diesel::{Connection as _, r2d2::R2D2Connection as _};
use r2d2::ManageConnection;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{DEADLINE, panic_message};
use crate::{
    connection::{AnyConnection, Database},
    error::{OpenError, StorageError},
};

/// How long to wait for a connection: less than a caller waits, so that it is told why there is
/// none.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// For how long a connection to a server may have been idle and still be taken to live.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How many calls to a server may run at once. Each has a connection, which is a process there.
const SERVER_TURNS: usize = 10;

/// How many of them may write: a server whose commits wait for a standby can still be read.
const SERVER_WRITE_TURNS: usize = 7;

/// How many connections there may be for each turn. A call that has been given up keeps its thread
/// and its connection until the database answers, which one that hangs may never do; the next call
/// gets another, up to this many.
const CONNECTIONS_PER_TURN: usize = 4;

/// How often a transaction is run again that the database asked for.
const REPETITIONS: u32 = 3;

/// The longest to wait before a repetition, in milliseconds. A random part of it keeps two
/// transactions from meeting again.
const PAUSE_MILLIS: u64 = 50;

/// A pool of connections, and turns to use them.
///
/// A caller waits for its turn before it takes up a thread: threads that wait for a connection
/// would be without number. Who gives up waiting gives back the turn.
#[derive(Debug)]
pub(super) struct Pool {
    connections: r2d2::Pool<Connector>,
    turns: Semaphore,
    write_turns: Semaphore,
}

impl Pool {
    /// Connections are opened when they are first needed.
    pub(super) fn new(database: Database) -> Self {
        let (turns, write_turns) = match &database {
            // Reads from a file take a processor each; but two at least: one slow read must not
            // stop the rest.
            Database::Sqlite(_) => {
                (available_parallelism().map_or(1, NonZero::get).clamp(2, 16), 1)
            }
            Database::Postgres(_) => (SERVER_TURNS, SERVER_WRITE_TURNS),
        };
        let connections = r2d2::Pool::builder()
            .max_size(u32::try_from(turns * CONNECTIONS_PER_TURN).unwrap_or(u32::MAX))
            .min_idle(Some(0))
            .connection_timeout(CONNECT_TIMEOUT)
            .build_unchecked(Connector(database));
        Self { connections, turns: Semaphore::new(turns), write_turns: Semaphore::new(write_turns) }
    }

    /// Runs `change` as a transaction, again and again where the database asks for that.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let _write_turn = self.write_turns.acquire().await.map_err(|_| StorageError::Closed)?;
        let deadline = Instant::now() + DEADLINE;
        self.run(move |db| {
            let mut result = db.transaction(&change);
            for _ in 0..REPETITIONS {
                let pause = Duration::from_millis(fastrand::u64(1..=PAUSE_MILLIS));
                let again = matches!(&result, Err(error) if error.asks_for_repetition());
                if !again || Instant::now() + pause > deadline {
                    break;
                }
                thread::sleep(pause);
                result = db.transaction(&change);
            }
            result
        })
        .await
    }

    /// Runs `call` with no transaction around it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let _turn = self.turns.acquire().await.map_err(|_| StorageError::Closed)?;
        let connections = self.connections.clone();
        let ran = spawn_blocking(move || {
            let mut db =
                connections.get().map_err(|error| StorageError::Connection(error.into()))?;
            let result = call(&mut db);
            db.spoilt = matches!(&result, Err(error) if error.spoils_connection());
            db.used = Instant::now();
            result
        });
        ran.await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => StorageError::Panicked(panic_message(&*panic)),
            Err(_cancelled) => StorageError::Closed,
        })?
    }
}

/// Makes the pool's connections.
#[derive(Debug)]
struct Connector(Database);

/// A connection of the pool, and what there is to know of it.
struct Pooled {
    db: AnyConnection,
    /// When it was last seen to live.
    used: Instant,
    /// Whether it must not be used again.
    spoilt: bool,
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
        Ok(Pooled { db: self.0.connect()?, used: Instant::now(), spoilt: false })
    }

    /// Asks a server that has not been heard of for a while. A file does not go away.
    fn is_valid(&self, connection: &mut Pooled) -> Result<(), OpenError> {
        match self.0 {
            Database::Postgres(_) if connection.used.elapsed() > TRUSTED_IDLE => {
                connection.ping().map_err(|error| OpenError::open(&self.0, error))
            }
            _ => Ok(()),
        }
    }

    fn has_broken(&self, connection: &mut Pooled) -> bool {
        connection.spoilt || connection.is_broken()
    }
}
