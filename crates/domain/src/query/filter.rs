//! Which posts a caller asks for.

use std::collections::BTreeSet;

use crate::{PostRecord, Search};

/// Which posts a caller asks for. The default is all of them.
///
/// Code that evaluates a filter destructures it without `..`. If a field is added, the compiler
/// therefore reports every place that does not handle it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostFilter {
    /// Only published posts (`true`), or only drafts (`false`).
    pub published: Option<bool>,
    /// Only posts that contain every term of this search.
    pub search: Search,
}

impl PostFilter {
    /// Returns whether a post with these [search tokens](crate::search::tokens_of) matches.
    #[must_use]
    pub fn matches(&self, post: &PostRecord, tokens: &BTreeSet<String>) -> bool {
        let Self { published, search } = self;
        published.is_none_or(|published| post.published == published) && search.matches(tokens)
    }
}
