//! The rows of the table `api_keys`.

use diesel::prelude::{Insertable, Queryable, Selectable};
use domain::{ApiKey, KeyId, KeyName, SecretHash};

use crate::{
    error::StorageError,
    schema::api_keys,
    sql_types::{StoredTimestamp, StoredUuid},
};

/// A row of the table `api_keys`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys)]
pub(crate) struct ApiKeyRow {
    id: StoredUuid,
    name: String,
    scope: String,
    hash: Vec<u8>,
    created_at: StoredTimestamp,
    expires_at: Option<StoredTimestamp>,
    revoked_at: Option<StoredTimestamp>,
    last_used_at: Option<StoredTimestamp>,
}

impl From<&ApiKey> for ApiKeyRow {
    fn from(key: &ApiKey) -> Self {
        let ApiKey { id, name, scope, hash, created_at, expires_at, revoked_at, last_used_at } =
            key;
        Self {
            id: (*id).into(),
            name: name.as_str().to_owned(),
            scope: scope.as_str().to_owned(),
            hash: hash.as_bytes().to_vec(),
            created_at: StoredTimestamp(*created_at),
            expires_at: expires_at.map(StoredTimestamp),
            revoked_at: revoked_at.map(StoredTimestamp),
            last_used_at: last_used_at.map(StoredTimestamp),
        }
    }
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StorageError;

    /// Fails if the row violates a rule of the domain. Another program may have written the row, or
    /// the rule may be newer than the row.
    fn try_from(row: ApiKeyRow) -> Result<Self, Self::Error> {
        let corrupt = |cause| StorageError::CorruptKey { id: row.id.0, cause };
        let hash = row.hash.try_into().map_err(|_| corrupt("the hash is not 32 bytes".into()))?;
        Ok(Self {
            id: KeyId::new(row.id.0),
            name: KeyName::new(row.name).map_err(|error| corrupt(error.into()))?,
            scope: row.scope.parse().map_err(|error| corrupt(Box::new(error)))?,
            hash: SecretHash::new(hash),
            created_at: row.created_at.0,
            expires_at: row.expires_at.map(|StoredTimestamp(time)| time),
            revoked_at: row.revoked_at.map(|StoredTimestamp(time)| time),
            last_used_at: row.last_used_at.map(|StoredTimestamp(time)| time),
        })
    }
}
