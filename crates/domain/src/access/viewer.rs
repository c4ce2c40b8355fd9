//! The caller of a use case.

use super::{KeyId, KeyScope};
use crate::{PostFilter, PostOrder, PostQuery, Scope, Window};

/// The caller of a use case. Determines which posts the caller can see.
///
/// A use case that reads, changes or deletes posts takes a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A caller without an API key.
    Anonymous,
    /// A caller with an API key.
    Key {
        /// The id of the key.
        id: KeyId,
        /// The scope of the key.
        scope: KeyScope,
    },
    /// A caller of a blog that requires no keys.
    Unrestricted,
}

impl Viewer {
    /// Returns whether the viewer may make a request that needs the scope `needed`.
    #[must_use]
    pub fn may(self, needed: KeyScope) -> bool {
        match self {
            Self::Anonymous => false,
            Self::Key { scope, .. } => scope.includes(needed),
            Self::Unrestricted => true,
        }
    }

    /// Returns the posts that the viewer can see. Drafts need the scope [`KeyScope::Read`].
    #[must_use]
    pub fn scope(self) -> Scope {
        if self.may(KeyScope::Read) { Scope::Everything } else { Scope::PublishedOnly }
    }

    /// Returns the query for the posts that the viewer can see.
    #[must_use]
    pub fn query(self, filter: PostFilter, order: PostOrder, window: Window) -> PostQuery {
        PostQuery { scope: self.scope(), filter, order, window }
    }

    /// Returns the id of the viewer's key. Returns `None` if the viewer has no key.
    #[must_use]
    pub const fn key(self) -> Option<KeyId> {
        match self {
            Self::Key { id, .. } => Some(id),
            Self::Anonymous | Self::Unrestricted => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_anonymous_viewer_sees_only_published_posts() {
        assert_eq!(Viewer::Anonymous.scope(), Scope::PublishedOnly);
        assert_eq!(Viewer::Unrestricted.scope(), Scope::Everything);
        for scope in KeyScope::ALL {
            let viewer = Viewer::Key { id: KeyId::new(Uuid::nil()), scope };
            assert_eq!(viewer.scope(), Scope::Everything);
        }
    }

    #[test]
    fn a_key_allows_what_its_scope_includes() {
        let viewer = Viewer::Key { id: KeyId::new(Uuid::nil()), scope: KeyScope::Write };

        assert!(viewer.may(KeyScope::Read) && viewer.may(KeyScope::Write));
        assert!(!viewer.may(KeyScope::Admin));
        assert!(!Viewer::Anonymous.may(KeyScope::Read));
        assert!(Viewer::Unrestricted.may(KeyScope::Admin));
    }
}
