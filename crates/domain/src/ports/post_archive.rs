//! The port for copying all posts of a store to another store.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{Post, PostId};

/// Reads and inserts all posts unchanged, with their ids, times and versions.
///
/// The requirements that [`PostRepository`](super::PostRepository) has for every method also apply
/// here, with one exception: these methods have no scope. They read every post.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PostArchive: Send + Sync {
    /// Returns the first `limit` posts with an id greater than `after`, or the first `limit` of all
    /// posts when `after` is `None`. The posts MUST be in ascending order of their ids, compared
    /// byte by byte.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn page(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>, RepositoryError>;

    /// Returns the number of posts.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn count(&self) -> Result<u64, RepositoryError>;

    /// Returns the greatest id. MUST return `Ok(None)` when there is no post.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn greatest_id(&self) -> Result<Option<PostId>, RepositoryError>;

    /// Inserts all of the given posts, or none of them.
    ///
    /// # Errors
    ///
    /// The error MUST be [`RepositoryError::Conflict`], with nothing changed, when a stored post
    /// has the id of a given post, or when two given posts have the same id.
    async fn insert_all(&self, posts: &[Post]) -> Result<(), RepositoryError>;
}
