//! The port to a store of API keys.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{ApiKey, KeyId, SecretHash, Timestamp};

/// Stores API keys.
///
/// The requirements that [`PostRepository`](super::PostRepository) has for every method also apply
/// here, except those about scopes.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait ApiKeyRepository: Send + Sync {
    /// Inserts a key. The key MUST read back equal.
    ///
    /// # Errors
    ///
    /// The error MUST be [`RepositoryError::Conflict`], with nothing changed, when a stored key has
    /// this id.
    async fn insert_key(&self, key: &ApiKey) -> Result<(), RepositoryError>;

    /// Returns the key with this id. MUST return `Ok(None)` when no key has this id.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn find_key(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError>;

    /// Returns the key with this id, as [`find_key`](Self::find_key) does, but MUST NOT return an
    /// older version that a cache has. A repository without a cache need not implement this method.
    ///
    /// # Errors
    ///
    /// The same as [`find_key`](Self::find_key).
    async fn find_current_key(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError> {
        self.find_key(id).await
    }

    /// Returns all keys, in ascending order of their ids.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn list_keys(&self) -> Result<Vec<ApiKey>, RepositoryError>;

    /// Revokes a key at the time `at`. A key that is already revoked MUST stay unchanged.
    ///
    /// # Errors
    ///
    /// The error MUST be [`RepositoryError::NotFound`] when no key has this id.
    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError>;

    /// Replaces the hash of a key's secret.
    ///
    /// # Errors
    ///
    /// The error MUST be [`RepositoryError::NotFound`] when no key has this id.
    async fn replace_key_hash(&self, id: KeyId, hash: SecretHash) -> Result<(), RepositoryError>;

    /// Records that a key was used at the time `at`. The recorded time MUST NOT decrease. A missing
    /// key is not an error.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn record_key_use(&self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError>;
}
