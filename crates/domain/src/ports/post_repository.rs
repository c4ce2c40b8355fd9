//! The port to a store of posts.

use std::error::Error as StdError;

use async_trait::async_trait;
use thiserror::Error;

use crate::{
    KeyedRequest, Post, PostChanges, PostId, PostQuery, Precondition, Scope, Timestamp, Version,
};

/// Stores posts.
///
/// Every method MUST be atomic: it takes effect completely or not at all, and no concurrent call
/// sees a part of its effect. A write that returned `Ok` MUST be visible to every later call. If
/// the store is not in memory, the write MUST survive a crash of the process.
///
/// Every method that reads or changes existing posts takes a [`Scope`]. A post out of scope MUST be
/// treated as if it did not exist.
///
/// A method MUST NOT panic and MUST NOT block the thread that polls it. If a method reads a stored
/// post and finds that it is not valid, it MUST return [`RepositoryError::Backend`]. Every method
/// MAY return [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] or
/// [`RepositoryError::Backend`].
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PostRepository: Send + Sync {
    /// Inserts a new post. The post MUST read back equal: every character and every microsecond.
    ///
    /// # Errors
    ///
    /// The error MUST be [`RepositoryError::Conflict`], with nothing changed, when a stored post
    /// has this id.
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError>;

    /// Inserts a new post and records the request for it, in one transaction. Does neither when a
    /// request with the same key is already recorded and has not expired.
    ///
    /// Until the record expires, another call with the same key MUST NOT return
    /// [`Insertion::Created`], even if the calls are concurrent or come from several instances of
    /// the server. The store MUST keep the record for
    /// [`IdempotencyKey::TIME_TO_LIVE`](crate::IdempotencyKey::TIME_TO_LIVE), even if the post is
    /// changed or deleted. The store MUST ignore records of requests that were made before
    /// [`KeyedRequest::expired_before`].
    ///
    /// # Errors
    ///
    /// The same as [`insert`](Self::insert). A call that does not insert the post MUST NOT record
    /// the request.
    async fn insert_once(
        &self,
        post: &Post,
        request: &KeyedRequest,
    ) -> Result<Insertion, RepositoryError>;

    /// Returns the post with this id. MUST return `Ok(None)` when no post in scope has this id.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn find(&self, id: PostId, scope: Scope) -> Result<Option<Post>, RepositoryError>;

    /// Returns the posts in the window of a query, read from one snapshot. If these posts have much
    /// text, the store MUST return only the first ones, the same as [`Listed::cut`]. The store MUST
    /// NOT load many more posts than it returns.
    ///
    /// The posts MUST be in the query's order. Titles MUST be compared by their UTF-8 bytes. Posts
    /// with equal sort values MUST be ordered by the bytes of their ids.
    ///
    /// The cost of a page after a keyset SHOULD NOT depend on the number of posts before or after
    /// the page.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn list(&self, query: &PostQuery) -> Result<Listed, RepositoryError>;

    /// Returns the posts in the window of a query, as [`list`](Self::list) does, and the total
    /// number of posts in the query's result. The window does not limit the total. The posts and
    /// the total MUST come from the same snapshot.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`], [`RepositoryError::Overloaded`] and
    /// [`RepositoryError::Backend`].
    async fn list_with_total(&self, query: &PostQuery) -> Result<PostsWithTotal, RepositoryError>;

    /// Changes a post and returns the changed post. The store MUST change the currently stored post
    /// as [`Post::apply`] does, so that concurrent changes do not overwrite each other.
    ///
    /// # Errors
    ///
    /// - The error MUST be [`RepositoryError::NotFound`] when no post in scope has this id.
    /// - The error MUST be [`RepositoryError::PreconditionFailed`], with nothing changed, when
    ///   `precondition` does not hold for the currently stored post. If two concurrent changes
    ///   require the same version, exactly one of them MUST succeed.
    async fn update(
        &self,
        id: PostId,
        scope: Scope,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Result<Post, RepositoryError>;

    /// Deletes a post. This MUST also work for a stored post that is not valid.
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

/// The result of [`PostRepository::insert_once`].
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
    /// A different request has used the key. Nothing was changed.
    KeyReused,
    /// Another request with this key is in progress, and its outcome is not known yet. Nothing was
    /// changed. If a store can wait for the outcome, it SHOULD wait for a short time before it
    /// returns this.
    InProgress,
}

/// The posts in the window of a query. If they have much text, only the first ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The posts.
    pub posts: Vec<Post>,
    /// Whether the window has more posts.
    pub is_cut: bool,
}

impl Listed {
    /// The maximum size of all titles and contents in a list together, in bytes of UTF-8. It bounds
    /// the memory of a call. If the first post alone is larger, the list has only this post.
    pub const MAX_TEXT_BYTES: usize = 1 << 20;

    /// Returns the posts in a window. If they have more than
    /// [`MAX_TEXT_BYTES`](Self::MAX_TEXT_BYTES) of text, returns only the first ones, up to this
    /// size, but at least one post.
    #[must_use]
    pub fn cut(window: impl IntoIterator<Item = Post>) -> Self {
        let (mut posts, mut fits) = (Vec::new(), Self::fits());
        for post in window {
            if !fits(post.text_bytes()) {
                return Self { posts, is_cut: true };
            }
            posts.push(post);
        }
        Self { posts, is_cut: false }
    }

    /// Returns the number of posts that [`cut`](Self::cut) returns for a window. `sizes` are the
    /// [`Post::text_bytes`] of the posts in the window.
    #[must_use]
    pub fn count(sizes: impl IntoIterator<Item = usize>) -> usize {
        let mut fits = Self::fits();
        sizes.into_iter().take_while(|size| fits(*size)).count()
    }

    /// Returns a function that receives the size of each post in turn, and returns whether the post
    /// still belongs to the list.
    fn fits() -> impl FnMut(usize) -> bool {
        let mut bytes = 0_usize;
        move |size| {
            let is_first = bytes == 0;
            bytes = bytes.saturating_add(size);
            is_first || bytes <= Self::MAX_TEXT_BYTES
        }
    }
}

/// The posts in the window of a query, and the total number of posts in the query's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostsWithTotal {
    /// The posts in the window.
    pub listed: Listed,
    /// The total number of posts in the result.
    pub total: u64,
}

/// Why a call to a repository failed.
#[derive(Debug, Error)]
pub enum RepositoryError {
    /// No post in scope has this id.
    #[error("no such post")]
    NotFound,
    /// A stored post already has this id.
    #[error("a post with this id already exists")]
    Conflict,
    /// The precondition does not hold for the stored post.
    #[error("the post has version {0}")]
    PreconditionFailed(
        /// The version of the stored post.
        Version,
    ),
    /// The store cannot be reached, or it does not answer in time. The same call may succeed later.
    /// If the call was a write, it may have taken effect.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The store has more calls than it can run soon. The call was not run. A store SHOULD return
    /// this error soon, so that the caller does not wait for long.
    #[error("the store has too many calls")]
    Overloaded,
    /// The store failed, or a stored post is not valid.
    #[error("the store failed")]
    Backend(#[source] Box<dyn StdError + Send + Sync>),
}
