//! What the outside can ask of the blog.

use std::sync::Arc;

use thiserror::Error;

use crate::{
    NewPost, Post, PostChanges, PostId,
    ports::{Clock, IdGenerator, PostFilter, PostRepository, RepositoryError},
};

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
        let post = Post::create(PostId::new(self.ids.generate()), new, self.clock.now());
        self.posts.insert(&post).await.map_err(failure)?;
        Ok(post)
    }

    /// All posts that pass `filter`, newest first.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`] and [`PostError::Internal`].
    pub async fn list(&self, filter: PostFilter) -> Result<Vec<Post>, PostError> {
        self.posts.list(filter).await.map_err(failure)
    }

    /// One post.
    ///
    /// # Errors
    ///
    /// Any [`PostError`].
    pub async fn get(&self, id: PostId) -> Result<Post, PostError> {
        self.posts.find(id).await.map_err(failure)?.ok_or(PostError::NotFound)
    }

    /// Changes a post and answers with the post as it is now.
    ///
    /// # Errors
    ///
    /// Any [`PostError`].
    pub async fn update(&self, id: PostId, changes: PostChanges) -> Result<Post, PostError> {
        self.posts.update(id, &changes, self.clock.now()).await.map_err(missing_or_failure)
    }

    /// Removes a post.
    ///
    /// # Errors
    ///
    /// Any [`PostError`].
    pub async fn delete(&self, id: PostId) -> Result<(), PostError> {
        self.posts.delete(id).await.map_err(missing_or_failure)
    }
}

/// Why the blog did not do what it was asked to.
#[derive(Debug, Error)]
pub enum PostError {
    /// There is no such post.
    #[error("no such post")]
    NotFound,
    /// The store does not answer. The same request may succeed later.
    #[error("posts cannot be reached at the moment")]
    Unavailable(#[source] RepositoryError),
    /// Something happened that must not.
    #[error("posts cannot be served")]
    Internal(#[source] RepositoryError),
}

/// What a repository's error means where a missing post is an answer to expect.
fn missing_or_failure(error: RepositoryError) -> PostError {
    match error {
        RepositoryError::NotFound => PostError::NotFound,
        error => failure(error),
    }
}

/// What a repository's error means everywhere else. A conflict is one of ours: the blog, not its
/// caller, chose the id.
fn failure(error: RepositoryError) -> PostError {
    match error {
        RepositoryError::Unavailable(_) => PostError::Unavailable(error),
        RepositoryError::NotFound | RepositoryError::Conflict | RepositoryError::Backend(_) => {
            PostError::Internal(error)
        }
    }
}

#[cfg(test)]
mod tests;
