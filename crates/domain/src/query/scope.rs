//! Which posts a caller may see.

use crate::PostRecord;

/// Which posts a caller may see. A post out of scope does not exist for that caller: it is not
/// found, not listed, not counted, and cannot be changed or deleted.
///
/// There is no default. Code that reads, changes or deletes posts for a caller must specify the
/// scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every post.
    Everything,
    /// Only published posts.
    PublishedOnly,
}

impl Scope {
    /// Returns whether a post is in scope.
    #[must_use]
    pub fn includes(self, post: &PostRecord) -> bool {
        self.includes_published(post.published)
    }

    /// Returns whether published posts (`true`) or drafts (`false`) are in scope.
    #[must_use]
    pub const fn includes_published(self, published: bool) -> bool {
        match self {
            Self::Everything => true,
            Self::PublishedOnly => published,
        }
    }
}
