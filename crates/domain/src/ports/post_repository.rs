//! The port to wherever posts are kept.

use std::error::Error as StdError;

use async_trait::async_trait;
use thiserror::Error;

use crate::{
    KeyedRequest, Position, Post, PostChanges, PostId, Precondition, Selection, Timestamp, Version,
};

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

    /// Keeps a new post and records the request that asked for it, as one: of any number of calls
    /// with the same key, also at the same time and through other instances, exactly one MUST come
    /// to [`Insertion::Made`]. What it answers MUST be recorded for as long as
    /// [`IdempotencyKey::KEPT`](crate::IdempotencyKey::KEPT), whatever becomes of the post; what was
    /// recorded before [`KeyedRequest::forgotten_before`] MUST NOT count.
    ///
    /// # Errors
    ///
    /// As of [`insert`](Self::insert), with nothing recorded.
    async fn insert_once(
        &self,
        post: &Post,
        request: &KeyedRequest,
    ) -> Result<Insertion, RepositoryError>;

    /// Looks a post up. MUST be `Ok(None)` when there is none of this id.
    ///
    /// # Errors
    ///
    /// Only those of the store itself.
    async fn find(&self, id: PostId) -> Result<Option<Post>, RepositoryError>;

    /// The first `limit` posts of a selection, or the first behind `after`, which is a place in the
    /// order of that selection. They MUST come in the order it asks for: times by time, titles by
    /// their bytes in UTF-8, and where those are the same ids by their bytes.
    ///
    /// What it costs SHOULD NOT depend on how many posts come before, nor on how many come after.
    ///
    /// # Errors
    ///
    /// Only those of the store itself.
    async fn list(
        &self,
        selection: &Selection,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Vec<Post>, RepositoryError>;

    /// The posts of a selection, in its order, but for the first `offset`; no more than `limit` of
    /// them. How many there are in all is told with them, as of the same moment.
    ///
    /// # Errors
    ///
    /// Only those of the store itself.
    async fn list_counted(
        &self,
        selection: &Selection,
        offset: u64,
        limit: u32,
    ) -> Result<Counted, RepositoryError>;

    /// Changes a post and answers with the post as it is now. It MUST do so by [`Post::apply`] on
    /// the post as it is stored at that moment: of two changes at the same time none is lost.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::NotFound`] when there is no post of this id, and
    /// [`RepositoryError::PreconditionFailed`], with nothing changed, when `precondition` does not
    /// hold of the post as it is stored at that moment: of two changes under the precondition that
    /// the post is of the same version, one happens.
    async fn update(
        &self,
        id: PostId,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Result<Post, RepositoryError>;

    /// Removes a post.
    ///
    /// # Errors
    ///
    /// As of [`update`](Self::update).
    async fn delete(&self, id: PostId, precondition: &Precondition) -> Result<(), RepositoryError>;
}

/// What became of a post that was to be kept once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insertion {
    /// It is kept, and the request recorded.
    Made,
    /// The same request has made a post before. Nothing was changed.
    MadeBefore {
        /// The id of the post that it made.
        id: PostId,
        /// When.
        at: Timestamp,
    },
    /// Another request has used the key. Nothing was changed.
    KeyUsed,
    /// A request of this key is under way, and it is not known yet what becomes of it. Nothing was
    /// changed. A store that can wait for that SHOULD, for a moment.
    UnderWay,
}

/// Some of the posts of a selection, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The posts that were asked for.
    pub posts: Vec<Post>,
    /// How many the selection has.
    pub total: u64,
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
    /// The post is not what it had to be.
    #[error("the post is of version {0}")]
    PreconditionFailed(
        /// What it is.
        Version,
    ),
    /// The store does not answer, or not in time. The same call may succeed later. A write may or
    /// may not have happened: that answer may be what did not arrive.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The store answered with something that must not happen.
    #[error("the store failed")]
    Backend(#[source] Box<dyn StdError + Send + Sync>),
}
