//! Reading a numbered page.

use std::sync::Arc;

use super::{
    error::{PostError, error_of_other_call},
    stream::PostStream,
};
use crate::{
    Keyset, Post, PostQuery,
    ports::{Listed, PostRepository, PostsWithTotal},
};

/// The posts in the window of a query, and the total number of posts in the query's result.
pub struct NumberedPage {
    /// The posts of the page, or only the first ones if they have much text.
    pub posts: Vec<Post>,
    /// The other posts of the page. `None` if `posts` has all of them.
    pub rest: Option<PostStream>,
    /// The total number of posts in the result.
    pub total: u64,
}

impl NumberedPage {
    pub(super) async fn read(
        posts: &Arc<dyn PostRepository>,
        query: &PostQuery,
    ) -> Result<Self, PostError> {
        let page = posts.list_with_total(query).await.map_err(error_of_other_call)?;
        let PostsWithTotal { listed: Listed { posts: first, is_cut }, total } = page;
        let read = u32::try_from(first.len()).unwrap_or(u32::MAX);
        let limit = query.window.limit.saturating_sub(read);
        let rest = first.last().filter(|_| is_cut).map(|last| {
            let keyset = Keyset::of(last, query.order.key);
            PostStream::after(Arc::clone(posts), query, keyset, limit)
        });
        Ok(Self { posts: first, rest, total })
    }
}
