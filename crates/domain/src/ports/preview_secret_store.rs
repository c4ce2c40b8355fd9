//! The port to the secret that signs preview links.

use async_trait::async_trait;

use super::RepositoryError;
use crate::Secret;

/// Stores the secret that signs preview links.
///
/// The requirements that [`PostRepository`](super::PostRepository) has for every method also apply
/// here, except those about scopes.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PreviewSecretStore: Send + Sync {
    /// Returns the stored secret. If none is stored, stores and returns `new`. Concurrent calls
    /// MUST return the same secret.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn preview_secret_or(&self, new: Secret) -> Result<Secret, RepositoryError>;

    /// Stores a secret.
    ///
    /// The new secret MUST replace the stored one, so that all earlier preview links are invalid.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn replace_preview_secret(&self, new: Secret) -> Result<(), RepositoryError>;
}
