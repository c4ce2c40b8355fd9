//! Reads, side by side.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use tokio::{sync::Semaphore, task::spawn_blocking};

use super::panic_message;
use crate::{
    connection::{AnyConnection, SqliteDatabase},
    error::StorageError,
};

/// How long to try to open a connection: less than a caller waits, so that it is told why it
/// failed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A pool of connections, and a turn for each of them.
///
/// A reader waits for its turn before it takes up a thread: threads that wait for a connection
/// would be without number.
#[derive(Debug)]
pub(super) struct Readers {
    pool: r2d2::Pool<SqliteDatabase>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// As many as there are processors, but two at least: one slow read must not stop the rest.
    /// Connections are opened when they are first needed.
    pub(super) fn new(database: SqliteDatabase) -> Self {
        let size = available_parallelism().map_or(1, NonZero::get).clamp(2, 16);
        let pool = r2d2::Pool::builder()
            .max_size(u32::try_from(size).unwrap_or(u32::MAX))
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(CONNECT_TIMEOUT)
            .build_unchecked(database);
        Self { pool, turns: Arc::new(Semaphore::new(size)) }
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let turns = Arc::clone(&self.turns);
        let turn = turns.acquire_owned().await.map_err(|_| StorageError::Closed)?;
        let pool = self.pool.clone();
        let read = spawn_blocking(move || {
            let _turn = turn;
            let mut db = pool.get().map_err(|error| StorageError::Connection(error.into()))?;
            query(&mut db)
        });
        read.await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => StorageError::Panicked(panic_message(&*panic)),
            Err(_cancelled) => StorageError::Closed,
        })?
    }
}
