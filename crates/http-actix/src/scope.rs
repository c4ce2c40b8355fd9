//! The posts that a client may see.

use domain::Scope;

/// Every client sees every post, because the API has no authentication yet.
pub(crate) const SCOPE: Scope = Scope::Everything;
