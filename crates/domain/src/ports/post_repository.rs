//! The port to wherever posts are kept.

use std::error::Error as StdError;

use async_trait::async_trait;
use thiserror::Error;

use crate::{Post, PostChanges, PostId, Timestamp};

/// Keeps posts.
///
/// Every method is atomic: it MUST take effect as a whole or not at all, also towards calls that
/// run at the same time. A write that was answered with `Ok` MUST be seen by every later call, and
/// where the store outlives its process it MUST survive the loss of that process.
///
/// A method MUST NOT panic and MUST NOT block the thread that polls it. A stored post that no
/// longer parses MUST be [`RepositoryError::Backend`].
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PostRepository: Send + Sync {
    /// Keeps a new post. It MUST read back equal, every character and microsecond of it.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::Conflict`], with nothing changed, when there is a post of this
    /// id.
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError>;

    /// Looks a post up. MUST be `Ok(None)` when there is none of this id.
    ///
    /// # Errors
    ///
    /// Only those of the store itself.
    async fn find(&self, id: PostId) -> Result<Option<Post>, RepositoryError>;

    /// All posts that pass `filter`. They MUST come newest first: by descending `created_at`, and
    /// where that is the same by descending id, compared byte by byte.
    ///
    /// # Errors
    ///
    /// Only those of the store itself.
    async fn list(&self, filter: PostFilter) -> Result<Vec<Post>, RepositoryError>;

    /// Changes a post and answers with the post as it is now. It MUST do so by [`Post::apply`] on
    /// the post as it is stored at that moment: of two changes at the same time none is lost.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::NotFound`] when there is no post of this id.
    async fn update(
        &self,
        id: PostId,
        changes: &PostChanges,
        at: Timestamp,
    ) -> Result<Post, RepositoryError>;

    /// Removes a post.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::NotFound`] when there is no post of this id.
    async fn delete(&self, id: PostId) -> Result<(), RepositoryError>;
}

/// Which posts to list. The default is all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PostFilter {
    /// Only the published ones (`true`) or only the drafts (`false`).
    pub published: Option<bool>,
}

/// Why a repository did not do what it was asked to.
#[derive(Debug, Error)]
pub enum RepositoryError {
    /// There is no such post.
    #[error("no such post")]
    NotFound,
    /// There is such a post already.
    #[error("the post exists already")]
    Conflict,
    /// The store does not answer, or not in time. The same call may succeed later. A write may or
    /// may not have happened: that answer may be what did not arrive.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The store answered with something that must not happen.
    #[error("the store failed")]
    Backend(#[source] Box<dyn StdError + Send + Sync>),
}
