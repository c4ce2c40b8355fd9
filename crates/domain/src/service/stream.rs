//! Reading many posts of a query in bounded memory.

use std::sync::Arc;

use super::{cursor_page::CursorPage, error::PostError};
use crate::{Keyset, PageSize, Post, PostQuery, Start, Window, ports::PostRepository};

/// Yields posts of a query in batches of up to [`PageSize::MAX`] posts and about
/// [`Listed::MAX_TEXT_BYTES`](crate::ports::Listed::MAX_TEXT_BYTES) of text, so that memory use is
/// bounded.
///
/// The batches are read one after another, not from one snapshot. A post that matches the query all
/// the time is yielded exactly once, unless a concurrent write changes its sort value.
pub struct PostStream {
    posts: Arc<dyn PostRepository>,
    /// The query of the next batch. `None` at the end.
    next: Option<PostQuery>,
    /// The maximum number of posts that the stream still yields. `None` if there is no limit.
    remaining: Option<u32>,
}

impl PostStream {
    /// Creates a stream of all posts of a query, from the start of its window.
    pub(super) const fn all(posts: Arc<dyn PostRepository>, query: PostQuery) -> Self {
        Self { posts, next: Some(query), remaining: None }
    }

    /// Creates a stream of the first `limit` posts of a query after a keyset.
    pub(super) fn after(
        posts: Arc<dyn PostRepository>,
        query: &PostQuery,
        keyset: Keyset,
        limit: u32,
    ) -> Self {
        let window = Window { start: Start::After(keyset), limit };
        Self { posts, next: Some(query.with_window(window)), remaining: Some(limit) }
    }

    /// Returns the next batch, which has at least one post, or `None` at the end.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`], [`PostError::Overloaded`] and [`PostError::Internal`]. After an
    /// error, the stream is at its end.
    pub async fn next(&mut self) -> Result<Option<Vec<Post>>, PostError> {
        let Some(mut query) = self.next.take() else { return Ok(None) };
        let limit = PageSize::LARGEST.get();
        query.window.limit = self.remaining.map_or(limit, |remaining| remaining.min(limit));
        let CursorPage { posts, next } = CursorPage::read(&*self.posts, &query).await?;
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.saturating_sub(u32::try_from(posts.len()).unwrap_or(u32::MAX));
        }
        self.next = next.filter(|_| self.remaining != Some(0)).map(|keyset| {
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
