//! The scope of an API key.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The scope of an API key: the requests that the key allows.
///
/// Each scope includes the scopes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyScope {
    /// Read all posts, including drafts.
    Read,
    /// Create, change and delete posts, and create preview links.
    Write,
    /// All requests.
    Admin,
}

impl KeyScope {
    /// All scopes, in ascending order.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// Returns the name of the scope.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Returns whether this scope includes `needed`.
    #[must_use]
    pub fn includes(self, needed: Self) -> bool {
        self >= needed
    }
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error of a text that is not the name of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown scope: use read, write or admin")]
pub struct UnknownKeyScope;

impl FromStr for KeyScope {
    type Err = UnknownKeyScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownKeyScope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_includes_itself_and_the_scopes_before_it() {
        for (position, scope) in KeyScope::ALL.into_iter().enumerate() {
            for (other_position, other) in KeyScope::ALL.into_iter().enumerate() {
                assert_eq!(scope.includes(other), position >= other_position, "{scope} {other}");
            }
        }
    }

    #[test]
    fn a_scope_parses_as_it_is_displayed() {
        for scope in KeyScope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert_eq!("Read".parse::<KeyScope>(), Err(UnknownKeyScope));
    }
}
