//! The port to all posts at once: to move them from one store to another.

use async_trait::async_trait;

use super::{PostRepository, RepositoryError};
use crate::{Post, PostId};

/// Hands over all posts, and takes them over, as they are: ids and times are kept.
///
/// What [`PostRepository`] says of every method holds here too.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PostArchive: Send + Sync {
    /// The first `limit` posts whose id is greater than `after`, all of them counting where that
    /// is `None`. They MUST come by ascending id, compared byte by byte.
    ///
    /// # Errors
    ///
    /// Only those of the store itself.
    async fn page(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>, RepositoryError>;

    /// How many posts there are.
    ///
    /// # Errors
    ///
    /// Only those of the store itself.
    async fn count(&self) -> Result<u64, RepositoryError>;

    /// The greatest id there is. MUST be `Ok(None)` when there is no post.
    ///
    /// # Errors
    ///
    /// Only those of the store itself.
    async fn greatest_id(&self) -> Result<Option<PostId>, RepositoryError>;

    /// Keeps new posts: all of them, or none.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::Conflict`], with nothing changed, when there is a post of one of
    /// the ids, or one of the ids is there twice.
    async fn insert_all(&self, posts: &[Post]) -> Result<(), RepositoryError>;
}

/// A store of posts: to serve them one by one, and to hand them over at once.
pub trait PostStore: PostRepository + PostArchive {}

impl<T: PostRepository + PostArchive> PostStore for T {}
