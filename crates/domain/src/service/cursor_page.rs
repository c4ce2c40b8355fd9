//! Reading a cursor page.

use super::error::{PostError, error_of_other_call};
use crate::{
    Keyset, Post, PostQuery,
    ports::{Listed, PostRepository},
};

/// The posts in the window of a query, or only the first ones if they have much text. If more posts
/// follow, also the keyset of the last post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorPage {
    /// The posts.
    pub posts: Vec<Post>,
    /// The keyset after which the result continues. `None` at the end of the result.
    pub next: Option<Keyset>,
}

impl CursorPage {
    pub(super) async fn read(
        posts: &dyn PostRepository,
        query: &PostQuery,
    ) -> Result<Self, PostError> {
        // Asks for one more post than the limit. If the store returns it, the result continues.
        let mut window = query.window.clone();
        window.limit = window.limit.saturating_add(1);
        let listed = posts.list(&query.with_window(window)).await.map_err(error_of_other_call)?;
        let Listed { mut posts, is_cut } = listed;
        let limit = usize::try_from(query.window.limit).unwrap_or(usize::MAX);
        let continues = is_cut || posts.len() > limit;
        posts.truncate(limit);
        let last = posts.last().filter(|_| continues);
        let next = last.map(|post| Keyset::of(post, query.order.key));
        Ok(Self { posts, next })
    }
}
