//! Making a post once for all requests with the same key.

use diesel::{connection::SimpleConnection as _, prelude::*};
use domain::{KeyedRequest, Timestamp, ports::Insertion};

use super::insert;
use crate::{
    connection::{AnyConnection, LOCK_TIMEOUT},
    error::StorageError,
    rows::{NewPostRow, RequestRow},
    schema::idempotency_keys,
    sql_types::StoredTimestamp,
};

/// How long to wait for a request with the same key that is under way: long enough for what goes
/// well, and so short that whoever waits can be answered.
const WAIT: &str = "500ms";

/// The most keys that are removed with one that is recorded, so that there are ever fewer.
const FORGOTTEN_AT_ONCE: i64 = 100;

pub(crate) fn insert_once(
    db: &mut AnyConnection,
    post: &NewPostRow,
    request: &KeyedRequest,
) -> Result<Insertion, StorageError> {
    let row = RequestRow::new(request, post.id());
    let recorded = match db {
        AnyConnection::Sqlite(_) => record(db, &row, request),
        // A transaction of its own within this one: what went wrong in there can be answered.
        AnyConnection::Postgres(_) => db.transaction(|db| {
            wait_for_locks(db, WAIT)?;
            let recorded = record(db, &row, request)?;
            wait_for_locks(db, LOCK_TIMEOUT)?;
            Ok(recorded)
        }),
    };
    match recorded {
        Ok(Recorded::Now) => {
            forget(db, request.forgotten_before())?;
            insert(db, post)?;
            Ok(Insertion::Made)
        }
        Ok(Recorded::Before(row)) => Ok(row.answer(request)),
        Ok(Recorded::AndRemoved) => Ok(Insertion::UnderWay),
        Err(error) if error.waited_for_lock() => Ok(Insertion::UnderWay),
        Err(error) => Err(error),
    }
}

/// How long a server waits for locks from here on, in this transaction.
fn wait_for_locks(db: &mut AnyConnection, time: &str) -> QueryResult<()> {
    db.batch_execute(&format!("SET LOCAL lock_timeout = '{time}'"))
}

/// Whether a request was recorded.
enum Recorded {
    /// It was not, and is so now.
    Now,
    /// One with the same key was.
    Before(RequestRow),
    /// One with the same key was, and somebody has removed it since.
    AndRemoved,
}

/// On PostgreSQL this waits for whoever has recorded the same key and not committed yet.
fn record(
    db: &mut AnyConnection,
    row: &RequestRow,
    request: &KeyedRequest,
) -> Result<Recorded, StorageError> {
    let same_key = idempotency_keys::table.find(request.key.as_str());
    let forgotten = idempotency_keys::recorded_at.lt(StoredTimestamp(request.forgotten_before()));
    diesel::delete(same_key.filter(forgotten)).execute(db)?;
    let recorded = diesel::insert_into(idempotency_keys::table).values(row);
    let recorded = match db {
        AnyConnection::Sqlite(db) => recorded.on_conflict_do_nothing().execute(db)?,
        AnyConnection::Postgres(db) => recorded.on_conflict_do_nothing().execute(db)?,
    };
    if recorded > 0 {
        return Ok(Recorded::Now);
    }
    let row = same_key.first(db).optional()?;
    Ok(row.map_or(Recorded::AndRemoved, Recorded::Before))
}

/// Removes some of what was recorded before `time`, but nothing that somebody else is removing: two
/// must not wait for each other.
fn forget(db: &mut AnyConnection, time: Timestamp) -> Result<(), StorageError> {
    let keys = idempotency_keys::table
        .filter(idempotency_keys::recorded_at.lt(StoredTimestamp(time)))
        .select(idempotency_keys::key)
        .limit(FORGOTTEN_AT_ONCE);
    let keys: Vec<String> = match db {
        AnyConnection::Sqlite(db) => keys.load(db)?,
        AnyConnection::Postgres(db) => keys.for_update().skip_locked().load(db)?,
    };
    if !keys.is_empty() {
        diesel::delete(idempotency_keys::table.filter(idempotency_keys::key.eq_any(keys)))
            .execute(db)?;
    }
    Ok(())
}
