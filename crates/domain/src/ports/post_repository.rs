//! The port to a store of posts.

use std::error::Error as StdError;

use async_trait::async_trait;
use thiserror::Error;

use crate::{
    KeyedRequest, Post, PostChanges, PostId, PostQuery, Precondition, Scope, Timestamp, Version,
};

/// Stores posts.
///
/// Every method is atomic: it MUST take effect as a whole or not at all, also towards concurrent
/// calls. A write that returned `Ok` MUST be visible to every later call. Where the store outlives
/// its process, the write MUST survive a crash of that process.
///
/// Every method that reads or changes existing posts takes a [`Scope`]. A post out of scope MUST be
/// treated as if it did not exist.
///
/// A method MUST NOT panic and MUST NOT block the thread that polls it. A stored post that no
/// longer parses MUST be [`RepositoryError::Backend`].
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PostRepository: Send + Sync {
    /// Inserts a new post. It MUST read back equal, to the character and the microsecond.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::Conflict`], with nothing changed, when a stored post has this id.
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError>;

    /// Inserts a new post and records the request for it, in one transaction.
    ///
    /// Exactly one of all calls with the same key MUST return [`Insertion::Created`], also when they
    /// are concurrent or come from several instances of the server. The record MUST stay for
    /// [`IdempotencyKey::TIME_TO_LIVE`](crate::IdempotencyKey::TIME_TO_LIVE), even when the post is
    /// changed or deleted. A record older than [`KeyedRequest::expired_before`] MUST NOT count.
    ///
    /// # Errors
    ///
    /// The same as [`insert`](Self::insert), with nothing recorded.
    async fn insert_once(
        &self,
        post: &Post,
        request: &KeyedRequest,
    ) -> Result<Insertion, RepositoryError>;

    /// Returns the post with this id. MUST return `Ok(None)` when there is none in scope.
    ///
    /// # Errors
    ///
    /// Only errors of the store itself.
    async fn find(&self, id: PostId, scope: Scope) -> Result<Option<Post>, RepositoryError>;

    /// Returns the posts of a query, from one snapshot. They MUST be in the query's order: times
    /// by time, titles by their UTF-8 bytes, ties by the bytes of the id.
    ///
    /// The cost of a page after a keyset SHOULD NOT depend on how many posts come before or after
    /// it.
    ///
    /// # Errors
    ///
    /// Only errors of the store itself.
    async fn list(&self, query: &PostQuery) -> Result<Vec<Post>, RepositoryError>;

    /// Returns the posts of a query and how many posts its result has in total, whatever the
    /// window. Both MUST come from the same snapshot.
    ///
    /// # Errors
    ///
    /// Only errors of the store itself.
    async fn list_with_total(&self, query: &PostQuery) -> Result<PostsWithTotal, RepositoryError>;

    /// Changes a post and returns the changed post. It MUST apply [`Post::apply`] to the post as
    /// stored at that moment, so that concurrent changes do not overwrite each other.
    ///
    /// # Errors
    ///
    /// MUST be [`RepositoryError::NotFound`] when no post in scope has this id, and
    /// [`RepositoryError::PreconditionFailed`], with nothing changed, when `precondition` does not
    /// hold for the post as stored at that moment. Of two concurrent changes that require the same
    /// version, exactly one succeeds.
    async fn update(
        &self,
        id: PostId,
        scope: Scope,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Result<Post, RepositoryError>;

    /// Deletes a post. A stored post that no longer parses can be deleted too.
    ///
    /// # Errors
    ///
    /// The same as [`update`](Self::update).
    async fn delete(
        &self,
        id: PostId,
        scope: Scope,
        precondition: &Precondition,
    ) -> Result<(), RepositoryError>;
}

/// What happened to a post that was to be inserted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insertion {
    /// The post is inserted and the request recorded.
    Created,
    /// The same request has already created a post. Nothing was changed.
    AlreadyCreated {
        /// The id of that post.
        id: PostId,
        /// When it was created.
        at: Timestamp,
    },
    /// Another request has used the key. Nothing was changed.
    KeyReused,
    /// A request with this key is in progress, and its outcome is not known yet. Nothing was
    /// changed. A store that can wait for the outcome SHOULD do so for a moment.
    InProgress,
}

/// The posts of a query, and how many its result has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostsWithTotal {
    /// The posts in the query's window.
    pub posts: Vec<Post>,
    /// How many posts the result has in total.
    pub total: u64,
}

/// Why a call to a repository failed.
#[derive(Debug, Error)]
pub enum RepositoryError {
    /// No post in scope has this id.
    #[error("no such post")]
    NotFound,
    /// A stored post has this id already.
    #[error("the post exists already")]
    Conflict,
    /// The precondition does not hold for the stored post.
    #[error("the post has version {0}")]
    PreconditionFailed(
        /// The version of the stored post.
        Version,
    ),
    /// The store does not answer, or not in time. The same call may succeed later. A write may have
    /// happened or not, because the answer can be lost too.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The store failed, or stores invalid data.
    #[error("the store failed")]
    Backend(#[source] Box<dyn StdError + Send + Sync>),
}
