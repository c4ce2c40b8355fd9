//! Inserts one post for all requests with the same idempotency key.

use diesel::prelude::*;
use domain::{KeyedRequest, ports::Insertion};

use super::write::insert;
use crate::{
    connection::AnyConnection,
    engine::RecordedRequest,
    error::StorageError,
    rows::{NewPostRow, RequestRow},
    schema::idempotency_keys,
    sql_types::StoredTimestamp,
};

/// The maximum number of expired records to remove when a new record is added. If it were one,
/// a backlog of expired records could not shrink, because each added record expires later too.
const EXPIRED_AT_ONCE: i64 = 100;

pub(crate) fn insert_once(
    db: &mut AnyConnection,
    post: &NewPostRow,
    request: &KeyedRequest,
) -> Result<Insertion, StorageError> {
    let row = RequestRow::new(request, post.id());
    let expired = StoredTimestamp(request.expired_before());
    match db.engine().record_request(&row, expired)? {
        RecordedRequest::New => {
            remove_expired(db, expired)?;
            insert(db, post)?;
            Ok(Insertion::Created)
        }
        RecordedRequest::KeyInUse => {
            let recorded: RequestRow = idempotency_keys::table.find(row.key()).first(db)?;
            Ok(recorded.answer(request))
        }
        RecordedRequest::InProgress => Ok(Insertion::InProgress),
    }
}

fn remove_expired(db: &mut AnyConnection, expired: StoredTimestamp) -> Result<(), StorageError> {
    let keys = db.engine().expired_requests(expired, EXPIRED_AT_ONCE)?;
    if !keys.is_empty() {
        let records = idempotency_keys::table.filter(idempotency_keys::key.eq_any(keys));
        diesel::delete(records).execute(db)?;
    }
    Ok(())
}
