//! The caller of a use case.

use super::{KeyId, KeyScope};
use crate::{PostFilter, PostOrder, PostQuery, Scope, Window};

/// The caller of a use case. It determines which posts exist for the caller.
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
        /// What the key allows.
        scope: KeyScope,
    },
    /// Any caller of a blog that requires no keys.
    Unrestricted,
}

impl Viewer {
    /// Returns whether the viewer may do what needs the scope `needed`.
    #[must_use]
    pub fn may(self, needed: KeyScope) -> bool {
        match self {
            Self::Anonymous => false,
            Self::Key { scope, .. } => scope.includes(needed),
            Self::Unrestricted => true,
        }
    }

    /// Returns the posts that the viewer may see. Drafts need the scope [`KeyScope::Read`].
    #[must_use]
    pub fn scope(self) -> Scope {
        if self.may(KeyScope::Read) { Scope::Everything } else { Scope::PublishedOnly }
    }

    /// Returns the query for the posts that the viewer may see.
    #[must_use]
    pub fn query(self, filter: PostFilter, order: PostOrder, window: Window) -> PostQuery {
        PostQuery { scope: self.scope(), filter, order, window }
    }

    /// Returns the id of the viewer's key. `None` if the viewer has no key.
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
    fn only_a_viewer_without_a_key_does_not_see_drafts() {
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
