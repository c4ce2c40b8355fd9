//! The queries of API keys.

use diesel::{dsl::exists, prelude::*, select};
use domain::{ApiKey, KeyId, SecretHash, Timestamp};

use crate::{
    connection::AnyConnection,
    error::StorageError,
    rows::ApiKeyRow,
    schema::api_keys,
    sql_types::{StoredTimestamp, StoredUuid},
};

pub(crate) fn insert_key(db: &mut AnyConnection, key: &ApiKeyRow) -> Result<(), StorageError> {
    diesel::insert_into(api_keys::table).values(key).execute(db)?;
    Ok(())
}

pub(crate) fn find_key(db: &mut AnyConnection, id: KeyId) -> Result<Option<ApiKey>, StorageError> {
    let key = api_keys::table.find(StoredUuid::from(id));
    let row: Option<ApiKeyRow> = key.select(ApiKeyRow::as_select()).first(db).optional()?;
    row.map(ApiKey::try_from).transpose()
}

pub(crate) fn list_keys(db: &mut AnyConnection) -> Result<Vec<ApiKey>, StorageError> {
    let keys = api_keys::table.select(ApiKeyRow::as_select()).order(api_keys::id.asc());
    let rows: Vec<ApiKeyRow> = keys.load(db)?;
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Revokes a key. Reads no other column of the row, so that a row that is not a valid key can be
/// revoked too.
pub(crate) fn revoke_key(
    db: &mut AnyConnection,
    id: KeyId,
    at: Timestamp,
) -> Result<(), StorageError> {
    let key = api_keys::table.find(StoredUuid::from(id));
    let revoked = diesel::update(key.filter(api_keys::revoked_at.is_null()))
        .set(api_keys::revoked_at.eq(StoredTimestamp(at)))
        .execute(db)?;
    let is_stored = revoked > 0 || select(exists(key)).get_result(db)?;
    if is_stored { Ok(()) } else { Err(StorageError::NotFound) }
}

pub(crate) fn replace_key_hash(
    db: &mut AnyConnection,
    id: KeyId,
    hash: SecretHash,
) -> Result<(), StorageError> {
    let replaced = diesel::update(api_keys::table.find(StoredUuid::from(id)))
        .set(api_keys::hash.eq(hash.as_bytes().as_slice()))
        .execute(db)?;
    if replaced > 0 { Ok(()) } else { Err(StorageError::NotFound) }
}

/// Records a use, unless a later use is recorded.
pub(crate) fn record_key_use(
    db: &mut AnyConnection,
    id: KeyId,
    at: Timestamp,
) -> Result<(), StorageError> {
    let at = StoredTimestamp(at);
    let is_earlier = api_keys::last_used_at.is_null().or(api_keys::last_used_at.lt(at));
    diesel::update(api_keys::table.find(StoredUuid::from(id)).filter(is_earlier))
        .set(api_keys::last_used_at.eq(at))
        .execute(db)?;
    Ok(())
}
