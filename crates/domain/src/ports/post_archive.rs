//! The port to all posts at once, for moving them to another store.

use async_trait::async_trait;

use super::{PostRepository, RepositoryError};
use crate::{Post, PostId};

/// Reads and inserts all posts unchanged, with their ids, times and versions.
///
/// What [`PostRepository`] requires of every method, this trait requires too.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PostArchive: Send + Sync {
    /// Returns the first `limit` posts with an id greater than `after`, or the first of all posts
    /// when that is `None`. They MUST be in the order of their ids, compared byte by byte.
    ///
    /// # Errors
    ///
    /// Only errors of the store itself.
    async fn page(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>, RepositoryError>;

    /// Returns the number of posts.
    ///
    /// # Errors
    ///
    /// Only errors of the store itself.
    async fn count(&self) -> Result<u64, RepositoryError>;

    /// Returns the greatest id. MUST be `Ok(None)` when there is no post.
    ///
    /// # Errors
    ///
    /// Only errors of the store itself.
    async fn greatest_id(&self) -> Result<Option<PostId>, RepositoryError>;

    /// Inserts new posts, either all of them or none.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::Conflict`], with nothing changed, when a stored post has one of
    /// these ids, or when two of these posts have the same id.
    async fn insert_all(&self, posts: &[Post]) -> Result<(), RepositoryError>;
}

/// A store of posts: both ports in one.
pub trait PostStore: PostRepository + PostArchive {}

impl<T: PostRepository + PostArchive> PostStore for T {}
