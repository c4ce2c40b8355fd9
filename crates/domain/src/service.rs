//! What the outside can ask of the blog.

mod walk;

use std::sync::Arc;

use thiserror::Error;

use crate::{
    IdempotencyKey, KeyedRequest, NewPost, PageNumber, PageSize, Position, Post, PostChanges,
    PostId, Precondition, Selection, Version,
    ports::{Clock, Counted, IdGenerator, Insertion, PostRepository, RepositoryError},
};

pub use walk::Walk;

/// The blog's use cases. Cheap to clone: clones share their adapters.
#[derive(Clone)]
pub struct PostService {
    posts: Arc<dyn PostRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl PostService {
    /// A blog whose posts are kept in `posts`.
    #[must_use]
    pub fn new(
        posts: Arc<dyn PostRepository>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self { posts, clock, ids }
    }

    /// Makes a post.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`] and [`PostError::Internal`].
    pub async fn create(&self, new: NewPost) -> Result<Post, PostError> {
        let post = self.new_post(new);
        self.posts.insert(&post).await.map_err(failure)?;
        Ok(post)
    }

    /// Makes a post, unless the same request has made it before.
    ///
    /// # Errors
    ///
    /// [`PostError::KeyUsed`], [`PostError::UnderWay`], [`PostError::Unavailable`] and
    /// [`PostError::Internal`].
    pub async fn create_once(
        &self,
        new: NewPost,
        key: IdempotencyKey,
    ) -> Result<CreatedOnce, PostError> {
        let post = self.new_post(new.clone());
        let request = KeyedRequest::new(key, &new, post.record().created_at);
        match self.posts.insert_once(&post, &request).await.map_err(failure)? {
            Insertion::Made => Ok(CreatedOnce { post, replayed: false }),
            Insertion::MadeBefore { id, at } => {
                Ok(CreatedOnce { post: Post::create(id, new, at), replayed: true })
            }
            Insertion::KeyUsed => Err(PostError::KeyUsed),
            Insertion::UnderWay => Err(PostError::UnderWay),
        }
    }

    fn new_post(&self, new: NewPost) -> Post {
        Post::create(PostId::new(self.ids.generate()), new, self.clock.now())
    }

    /// The first `size` posts of a selection, or the first behind `after`.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`] and [`PostError::Internal`].
    pub async fn slice(
        &self,
        selection: &Selection,
        after: Option<Position>,
        size: PageSize,
    ) -> Result<Slice, PostError> {
        // One more tells whether there are more.
        let mut posts = self.posts.list(selection, after, size.get() + 1).await.map_err(failure)?;
        let length = usize::try_from(size.get()).unwrap_or(usize::MAX);
        let more = posts.len() > length;
        posts.truncate(length);
        let last = posts.last().filter(|_| more);
        let next = last.map(|post| Position::of(post, selection.order.key));
        Ok(Slice { posts, next })
    }

    /// All posts of a selection, some at a time.
    #[must_use]
    pub fn walk(&self, selection: Selection) -> Walk {
        Walk::new(self.clone(), selection)
    }

    /// One page of a selection.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`] and [`PostError::Internal`].
    pub async fn page(
        &self,
        selection: &Selection,
        number: PageNumber,
        size: PageSize,
    ) -> Result<Page, PostError> {
        let offset = number.offset(size);
        let Counted { posts, total } =
            self.posts.list_counted(selection, offset, size.get()).await.map_err(failure)?;
        Ok(Page { posts, total, number, size })
    }

    /// One post.
    ///
    /// # Errors
    ///
    /// [`PostError::NotFound`], [`PostError::Unavailable`] and [`PostError::Internal`].
    pub async fn get(&self, id: PostId) -> Result<Post, PostError> {
        self.posts.find(id).await.map_err(failure)?.ok_or(PostError::NotFound)
    }

    /// Changes a post and answers with the post as it is now.
    ///
    /// # Errors
    ///
    /// [`PostError::NotFound`], [`PostError::PreconditionFailed`], [`PostError::Unavailable`] and
    /// [`PostError::Internal`].
    pub async fn update(
        &self,
        id: PostId,
        changes: PostChanges,
        precondition: Precondition,
    ) -> Result<Post, PostError> {
        let now = self.clock.now();
        self.posts.update(id, &changes, &precondition, now).await.map_err(refusal_or_failure)
    }

    /// Removes a post.
    ///
    /// # Errors
    ///
    /// As of [`update`](Self::update).
    pub async fn delete(&self, id: PostId, precondition: Precondition) -> Result<(), PostError> {
        self.posts.delete(id, &precondition).await.map_err(refusal_or_failure)
    }
}

/// A post that was asked for by a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedOnce {
    /// The post as it was made.
    pub post: Post,
    /// Whether an earlier request has made it.
    pub replayed: bool,
}

/// Some posts of a selection, one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The posts.
    pub posts: Vec<Post>,
    /// Behind which place to go on. `None` when there is no more.
    pub next: Option<Position>,
}

/// One page of a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its posts: none when it is past the last.
    pub posts: Vec<Post>,
    /// How many posts there are on all pages.
    pub total: u64,
    /// Which page.
    pub number: PageNumber,
    /// How many posts there may be on each.
    pub size: PageSize,
}

impl Page {
    /// How many pages there are.
    #[must_use]
    pub fn total_pages(&self) -> u64 {
        self.total.div_ceil(self.size.get().into())
    }
}

/// Why the blog did not do what it was asked to.
#[derive(Debug, Error)]
pub enum PostError {
    /// There is no such post.
    #[error("no such post")]
    NotFound,
    /// The post is not what its caller took it for.
    #[error("the post is of version {current}")]
    PreconditionFailed {
        /// What it is.
        current: Version,
    },
    /// Another request has used this key.
    #[error("another request has used this key")]
    KeyUsed,
    /// A request of this key is under way. The same request may succeed later.
    #[error("a request of this key is under way")]
    UnderWay,
    /// The store does not answer. The same request may succeed later.
    #[error("posts cannot be reached at the moment")]
    Unavailable(#[source] RepositoryError),
    /// Something happened that must not.
    #[error("posts cannot be served")]
    Internal(#[source] RepositoryError),
}

/// What a repository's error means where a post may be missing or not be what was expected.
fn refusal_or_failure(error: RepositoryError) -> PostError {
    match error {
        RepositoryError::NotFound => PostError::NotFound,
        RepositoryError::PreconditionFailed(current) => PostError::PreconditionFailed { current },
        error => failure(error),
    }
}

/// What a repository's error means everywhere else. A conflict is one of ours: the blog, not its
/// caller, chose the id.
fn failure(error: RepositoryError) -> PostError {
    match error {
        RepositoryError::Unavailable(_) => PostError::Unavailable(error),
        RepositoryError::NotFound
        | RepositoryError::Conflict
        | RepositoryError::PreconditionFailed(_)
        | RepositoryError::Backend(_) => PostError::Internal(error),
    }
}

#[cfg(test)]
mod tests;
