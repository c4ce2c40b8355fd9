//! What a route requires from its callers.

use std::{fmt, str::FromStr};

use actix_web::http::Method;
use domain::KeyScope;

/// Which requests need an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuthMode {
    /// No request needs a key. Every client may send every request.
    #[default]
    Off,
    /// Writes need a key. A client without a key can read published posts.
    Writes,
    /// All requests need a key, except requests for a post with a preview token.
    All,
}

impl AuthMode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Off, Self::Writes, Self::All];

    /// Returns the name of the mode.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Writes => "writes",
            Self::All => "all",
        }
    }
}

impl fmt::Display for AuthMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for AuthMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mode = Self::ALL.into_iter().find(|mode| mode.as_str() == text);
        mode.ok_or_else(|| "use off, writes or all".to_owned())
    }
}

/// What a route requires from its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// A key is needed only with [`AuthMode::All`].
    Public,
    /// The same as [`Access::Public`], but a request with a preview token needs no key.
    Previewable,
    /// A key with this scope is needed.
    Needs(KeyScope),
}

impl Access {
    /// Returns what a request that matches no route requires. Such a request always fails.
    ///
    /// An unsafe method needs a key here too. So with such a method, a caller without a key gets
    /// the same 401 for every path.
    pub(crate) fn without_route(method: &Method) -> Self {
        if method.is_safe() { Self::Public } else { Self::Needs(KeyScope::Write) }
    }

    /// Returns the scope that the caller needs. Returns `None` if the caller needs no key.
    pub(crate) fn needed(self, mode: AuthMode, has_preview_token: bool) -> Option<KeyScope> {
        match (mode, self) {
            (AuthMode::Off, _) => None,
            (_, Self::Needs(scope)) => Some(scope),
            (AuthMode::Writes, Self::Public | Self::Previewable) => None,
            (AuthMode::All, Self::Previewable) if has_preview_token => None,
            (AuthMode::All, Self::Public | Self::Previewable) => Some(KeyScope::Read),
        }
    }
}
