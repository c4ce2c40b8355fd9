//! Authentication and authorization: who sent a request, and whether the caller may send it.
//!
//! | to find | look in |
//! |---|---|
//! | the authorization of a request | `authorizer` |
//! | the API key in a request | `credentials` |
//! | the rate limits of clients | `rate_limits` |
//! | the protection of a server without keys | `local` |

mod authorizer;
mod credentials;
mod local;
mod rate_limits;

use actix_web::{HttpMessage as _, HttpRequest};
use domain::Viewer;

pub(crate) use authorizer::{Authorizer, Identified};

/// Returns the caller of a request. Returns [`Viewer::Anonymous`] if the request was not
/// authorized.
pub(crate) fn viewer(request: &HttpRequest) -> Viewer {
    request.extensions().get().copied().unwrap_or(Viewer::Anonymous)
}
