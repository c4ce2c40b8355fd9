//! Reading all posts of a query in bounded memory.

use std::sync::Arc;

use super::{cursor_page::CursorPage, error::PostError};
use crate::{PageSize, Post, PostQuery, Start, Window, ports::PostRepository};

/// Yields the posts of a query in batches of up to [`PageSize::MAX`] posts, so that memory use is
/// bounded.
///
/// The batches are read one after another. A post that matches the query until the end is yielded
/// exactly once, unless a concurrent write changes its sort value.
pub struct PostStream {
    posts: Arc<dyn PostRepository>,
    /// The query of the next batch. `None` at the end.
    next: Option<PostQuery>,
}

impl PostStream {
    pub(super) const fn new(posts: Arc<dyn PostRepository>, query: PostQuery) -> Self {
        Self { posts, next: Some(query) }
    }

    /// Returns the next batch, which has at least one post, or `None` at the end.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`] and [`PostError::Internal`]. After an error, the stream is at its
    /// end.
    pub async fn next(&mut self) -> Result<Option<Vec<Post>>, PostError> {
        let Some(mut query) = self.next.take() else { return Ok(None) };
        query.window.limit = PageSize::LARGEST.get();
        let CursorPage { posts, next } = CursorPage::read(&*self.posts, &query).await?;
        self.next = next.map(|keyset| {
            query.with_window(Window { start: Start::After(keyset), ..query.window })
        });
        Ok(Some(posts).filter(|posts| !posts.is_empty()))
    }

    /// Returns whether the stream is at its end. A stream that has read no batch yet is not at its
    /// end, even if no post matches the query.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.next.is_none()
    }
}
