//! The use cases of the blog.

mod cursor_page;
mod error;
mod keys;
mod numbered_page;
mod previews;
mod stream;

use std::sync::Arc;

use self::error::{error_of_other_call, error_of_write_to_post};
pub use self::{
    cursor_page::CursorPage,
    error::PostError,
    keys::{KeyError, KeyService},
    numbered_page::NumberedPage,
    previews::PreviewService,
    stream::PostStream,
};
use crate::{
    IdempotencyKey, KeyedRequest, NewPost, Post, PostChanges, PostId, PostQuery, Precondition,
    PreviewedPost, Scope, Viewer,
    ports::{Clock, IdGenerator, Insertion, PostRepository},
};

/// The use cases of the blog. Cheap to clone: clones share their adapters.
#[derive(Clone)]
pub struct PostService {
    posts: Arc<dyn PostRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl PostService {
    /// Creates the service of a blog whose posts are stored in `posts`.
    #[must_use]
    pub fn new(
        posts: Arc<dyn PostRepository>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self { posts, clock, ids }
    }

    /// Creates a post.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`], [`PostError::Overloaded`] and [`PostError::Internal`].
    pub async fn create(&self, new: NewPost) -> Result<Post, PostError> {
        let post = self.new_post(new);
        self.posts.insert(&post).await.map_err(error_of_other_call)?;
        Ok(post)
    }

    /// Creates a post, unless the viewer has already created it with the same request. In that
    /// case, returns the post as it was created, even if it has been changed or deleted since.
    ///
    /// # Errors
    ///
    /// [`PostError::KeyReused`], [`PostError::InProgress`], [`PostError::Unavailable`],
    /// [`PostError::Overloaded`] and [`PostError::Internal`].
    pub async fn create_once(
        &self,
        new: NewPost,
        key: IdempotencyKey,
        viewer: Viewer,
    ) -> Result<CreatedOnce, PostError> {
        let post = self.new_post(new.clone());
        let request = KeyedRequest::new(key, viewer.key(), &new, post.record().created_at);
        match self.posts.insert_once(&post, &request).await.map_err(error_of_other_call)? {
            Insertion::Created => Ok(CreatedOnce { post, replayed: false }),
            Insertion::AlreadyCreated { id, at } => {
                Ok(CreatedOnce { post: Post::create(id, new, at), replayed: true })
            }
            Insertion::KeyReused => Err(PostError::KeyReused),
            Insertion::InProgress => Err(PostError::InProgress),
        }
    }

    fn new_post(&self, new: NewPost) -> Post {
        Post::create(PostId::new(self.ids.generate()), new, self.clock.now())
    }

    /// Returns the posts in the window of a query, or only the first ones if they have much text.
    /// If more posts follow, also returns the keyset of the last post.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`], [`PostError::Overloaded`] and [`PostError::Internal`].
    pub async fn cursor_page(&self, query: &PostQuery) -> Result<CursorPage, PostError> {
        CursorPage::read(&*self.posts, query).await
    }

    /// Returns a stream of the posts of a query, from the start of its window to the end of the
    /// result. The window's limit does not apply.
    #[must_use]
    pub fn stream(&self, query: PostQuery) -> PostStream {
        PostStream::all(Arc::clone(&self.posts), query)
    }

    /// Returns the posts in the window of a query, and the total number of posts in the query's
    /// result.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`], [`PostError::Overloaded`] and [`PostError::Internal`].
    pub async fn numbered_page(&self, query: &PostQuery) -> Result<NumberedPage, PostError> {
        NumberedPage::read(&self.posts, query).await
    }

    /// Returns the post with this id.
    ///
    /// # Errors
    ///
    /// [`PostError::NotFound`], [`PostError::Unavailable`], [`PostError::Overloaded`] and
    /// [`PostError::Internal`].
    pub async fn get(&self, id: PostId, viewer: Viewer) -> Result<Post, PostError> {
        self.find(id, viewer.scope()).await
    }

    /// Returns the post that a preview link shows, also if it is a draft.
    ///
    /// # Errors
    ///
    /// The same as [`get`](Self::get).
    pub async fn get_previewed(&self, post: PreviewedPost) -> Result<Post, PostError> {
        self.find(post.id(), Scope::Everything).await
    }

    async fn find(&self, id: PostId, scope: Scope) -> Result<Post, PostError> {
        self.posts.find(id, scope).await.map_err(error_of_other_call)?.ok_or(PostError::NotFound)
    }

    /// Changes a post and returns the changed post.
    ///
    /// # Errors
    ///
    /// [`PostError::NotFound`], [`PostError::PreconditionFailed`], [`PostError::Unavailable`],
    /// [`PostError::Overloaded`] and [`PostError::Internal`].
    pub async fn update(
        &self,
        id: PostId,
        viewer: Viewer,
        changes: PostChanges,
        precondition: Precondition,
    ) -> Result<Post, PostError> {
        let now = self.clock.now();
        let updated = self.posts.update(id, viewer.scope(), &changes, &precondition, now).await;
        updated.map_err(error_of_write_to_post)
    }

    /// Deletes a post.
    ///
    /// # Errors
    ///
    /// The same as [`update`](Self::update).
    pub async fn delete(
        &self,
        id: PostId,
        viewer: Viewer,
        precondition: Precondition,
    ) -> Result<(), PostError> {
        self.posts.delete(id, viewer.scope(), &precondition).await.map_err(error_of_write_to_post)
    }
}

/// The post that a request with an idempotency key created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedOnce {
    /// The post as created.
    pub post: Post,
    /// Whether an earlier request created it.
    pub replayed: bool,
}

#[cfg(test)]
mod tests;
