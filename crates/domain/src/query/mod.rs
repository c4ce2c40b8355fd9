//! Queries for posts: the scope of the caller, the filter, the order and the window.

mod filter;
mod keyset;
mod order;
mod scope;
mod window;

use std::collections::BTreeSet;

pub use filter::PostFilter;
pub use keyset::{Keyset, SortValue};
pub use order::{Direction, PostOrder, SortKey};
pub use scope::Scope;
pub use window::{PageNumber, PageSize, Start, Window};

use crate::PostRecord;

/// A query for posts. Every list of posts for a caller is read with this type.
///
/// There is no default query, because [`scope`](Self::scope) has no default. Code that lists posts
/// must specify which posts the caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostQuery {
    /// Which posts the caller may see.
    pub scope: Scope,
    /// Which of these posts the caller asks for.
    pub filter: PostFilter,
    /// The order of the result.
    pub order: PostOrder,
    /// Which part of the result to return.
    pub window: Window,
}

impl PostQuery {
    /// Returns whether a post is in the result, ignoring the window. `tokens` are the post's
    /// [search tokens](crate::search::tokens_of).
    #[must_use]
    pub fn includes(&self, post: &PostRecord, tokens: &BTreeSet<String>) -> bool {
        self.scope.includes(post) && self.filter.matches(post, tokens)
    }

    /// Returns the same query with another window.
    #[must_use]
    pub fn with_window(&self, window: Window) -> Self {
        Self { window, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Content, NewPost, Post, PostId, Search, Timestamp, Title, search::tokens_of};

    fn query(scope: Scope, published: Option<bool>, text: &str) -> PostQuery {
        PostQuery {
            scope,
            filter: PostFilter { published, search: Search::parse(text).unwrap() },
            order: PostOrder::NEWEST_FIRST,
            window: Window::first(PageSize::DEFAULT),
        }
    }

    fn record(published: bool) -> PostRecord {
        let new = NewPost {
            published,
            ..NewPost::new(Title::new("Red fox").unwrap(), Content::new("Green grass").unwrap())
        };
        Post::create(PostId::new(Uuid::nil()), new, Timestamp::MIN).into_record()
    }

    #[test]
    fn a_post_is_included_when_scope_and_filter_allow_it() {
        use Scope::{Everything, PublishedOnly};
        for (scope, filter, text, published, expected) in [
            (Everything, None, "", false, true),
            (Everything, Some(false), "", false, true),
            (Everything, Some(true), "", false, false),
            (Everything, None, "fox green", true, true),
            (Everything, None, "fox blue", true, false),
            (PublishedOnly, None, "", true, true),
            (PublishedOnly, None, "", false, false),
            (PublishedOnly, Some(false), "", false, false),
            (PublishedOnly, Some(false), "", true, false),
            (PublishedOnly, Some(true), "fox", true, true),
        ] {
            let post = record(published);

            let included = query(scope, filter, text).includes(&post, &tokens_of(&post));

            assert_eq!(included, expected, "{scope:?} {filter:?} {text:?} {published}");
        }
    }
}
