//! Which posts the caller of a request may see.

use domain::Scope;

/// Every caller sees every post: there are no API keys yet.
pub(crate) const SCOPE: Scope = Scope::Everything;
