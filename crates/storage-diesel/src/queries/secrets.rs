//! The queries of the secrets of the blog, such as the preview secret.

use diesel::prelude::*;
use domain::Secret;

use crate::{connection::AnyConnection, error::StorageError, rows::SecretRow, schema::secrets};

/// Returns the stored secret with this name.
pub(crate) fn find_secret(
    db: &mut AnyConnection,
    name: &'static str,
) -> Result<Option<Secret>, StorageError> {
    let secret = secrets::table.find(name).select(secrets::value);
    let value: Option<Vec<u8>> = secret.first(db).optional()?;
    let bytes = value.map(<[u8; Secret::BYTES]>::try_from).transpose();
    Ok(bytes.map_err(|_| StorageError::CorruptSecret { name })?.map(Secret::new))
}

/// Returns the stored secret with this name. If none is stored, stores and returns `new`.
///
/// If a concurrent transaction stores a secret, the insertion waits until that transaction ends.
/// The statement after it then finds that secret.
pub(crate) fn secret_or(
    db: &mut AnyConnection,
    name: &'static str,
    new: Secret,
) -> Result<Secret, StorageError> {
    db.engine().insert_secret(&SecretRow::new(name, new))?;
    find_secret(db, name)?.ok_or(StorageError::NotFound)
}

/// Stores a secret. The new secret replaces the stored secret with this name.
pub(crate) fn replace_secret(
    db: &mut AnyConnection,
    name: &'static str,
    new: Secret,
) -> Result<(), StorageError> {
    Ok(db.engine().upsert_secret(&SecretRow::new(name, new))?)
}
