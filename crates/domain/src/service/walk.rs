//! All posts of a selection, in bounded memory.

use super::{PostError, PostService, Slice};
use crate::{PageSize, Position, Post, Selection};

/// A walk over a selection, some posts at a time: however many there are, no more than
/// [`PageSize::MAX`] are in memory.
///
/// Others may write meanwhile. A post that is there all the time is met exactly once, unless it is
/// moved in the order by a change of what posts are sorted by.
pub struct Walk {
    posts: PostService,
    selection: Selection,
    /// Where the rest begins. `None` when there is no rest.
    rest: Option<Start>,
}

/// Where to go on: at the beginning, or behind a place.
struct Start(Option<Position>);

impl Walk {
    pub(super) const fn new(posts: PostService, selection: Selection) -> Self {
        Self { posts, selection, rest: Some(Start(None)) }
    }

    /// The next posts, at least one. `None` at the end.
    ///
    /// # Errors
    ///
    /// [`PostError::Unavailable`] and [`PostError::Internal`]. The walk is over then.
    pub async fn next(&mut self) -> Result<Option<Vec<Post>>, PostError> {
        let Some(Start(after)) = self.rest.take() else { return Ok(None) };
        let Slice { posts, next } =
            self.posts.slice(&self.selection, after, PageSize::LARGEST).await?;
        self.rest = next.map(|position| Start(Some(position)));
        Ok(Some(posts).filter(|posts| !posts.is_empty()))
    }

    /// Whether there is nothing left to come.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.rest.is_none()
    }
}
