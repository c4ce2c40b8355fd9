//! The messages in the queue of the writer thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::{connection::TransactionManager as _, define_sql_function, prelude::*, select};
use domain::{PostId, error_chain, panic_message};

use super::search_index::IndexChanges;
use crate::{
    connection::{AnyConnection, Transactions},
    error::StorageError,
    executor::reply::Reply,
};

/// A message to the writer thread.
pub(super) enum Message {
    /// A change to make.
    Change(Box<dyn Job>),
    /// A request to look for changes by other processes.
    RenewRevisions,
}

/// A queued change of a caller. The trait does not depend on the type of the change's result.
pub(super) trait Job: Send {
    /// Returns whether the caller has stopped waiting. The thread then skips the change. This is
    /// allowed, because the caller's error does not say whether the change was made.
    fn is_abandoned(&self) -> bool;

    /// Returns the posts that the change changes.
    fn posts(&self) -> &[PostId];

    /// Runs the change in the transaction of its batch, and adds the changes of the search index to
    /// `index`. Returns an error if the change failed after it wrote something, or if the transaction
    /// may be lost. The batch must then be rolled back.
    fn run(&mut self, db: &mut AnyConnection, index: &mut IndexChanges) -> Result<(), String>;

    /// Runs the change in a savepoint, with the changes of the search index. So only this change is
    /// rolled back if it fails. Returns an error only if the transaction of the batch is lost.
    fn run_in_savepoint(&mut self, db: &mut AnyConnection) -> Result<(), String>;

    /// Sends the result to the caller. `committed` says whether the batch was committed.
    fn answer(self: Box<Self>, committed: &Result<(), String>);
}

/// A change of a caller, and its result.
pub(super) struct Call<T, F> {
    pub(super) change: F,
    pub(super) posts: Vec<PostId>,
    pub(super) reply: Reply<T>,
}

impl<T, F> Call<T, F>
where
    F: Fn(&mut AnyConnection) -> Result<T, StorageError>,
{
    fn call(&self, db: &mut AnyConnection, index: &mut IndexChanges) -> Result<T, StorageError> {
        catch_unwind(AssertUnwindSafe(|| index.record(db, &self.posts, &self.change)))
            .unwrap_or_else(|panic| Err(StorageError::Panicked(panic_message(&*panic))))
    }
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: Fn(&mut AnyConnection) -> Result<T, StorageError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_abandoned()
    }

    fn posts(&self) -> &[PostId] {
        &self.posts
    }

    fn run(&mut self, db: &mut AnyConnection, index: &mut IndexChanges) -> Result<(), String> {
        let before = count_changes(db).map_err(|error| error.to_string())?;
        let result = self.call(db, index);
        let ended = match &result {
            Ok(_) => Ok(()),
            Err(error) if error.is_refusal() && count_changes(db) == Ok(before) => Ok(()),
            Err(error) => Err(error_chain(error)),
        };
        self.reply.set(result);
        ended
    }

    /// On some errors, such as a full disk, SQLite rolls back the whole transaction with its
    /// savepoints. This method then returns an error, because otherwise the next change would run
    /// in a transaction of its own.
    fn run_in_savepoint(&mut self, db: &mut AnyConnection) -> Result<(), String> {
        Transactions::begin_transaction(db).map_err(|error| error.to_string())?;
        let mut index = IndexChanges::default();
        let result = self.call(db, &mut index);
        let result = result.and_then(|result| Ok(index.make(db).map(|()| result)?));
        let ended = match &result {
            Ok(_) => Transactions::commit_transaction(db).map_err(|error| error.to_string()),
            Err(cause) => Transactions::rollback_transaction(db).map_err(|_| error_chain(cause)),
        };
        self.reply.set(result);
        ended
    }

    /// If the batch was not committed, no result is valid, not even an error. For example, an error
    /// can be a conflict with a post that the same batch inserted and that was rolled back.
    fn answer(self: Box<Self>, committed: &Result<(), String>) {
        self.reply.send(committed.clone().map_err(StorageError::NotCommitted));
    }
}

define_sql_function! {
    /// SQLite's number of rows that the connection has written.
    fn total_changes() -> BigInt;
}

fn count_changes(db: &mut AnyConnection) -> QueryResult<i64> {
    select(total_changes()).get_result(db)
}
