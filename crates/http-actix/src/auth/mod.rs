//! Authentication and authorization: who sent a request, and whether the caller may do it.
//!
//! | to find | look in |
//! |---|---|
//! | the decision about a request | `authorizer` |
//! | the API key in a request | `credentials` |
//! | how many requests a client may send | `rate_limits` |
//! | the protection of a server without keys | `local` |

mod authorizer;
mod credentials;
mod local;
mod rate_limits;

use actix_web::{HttpMessage as _, HttpRequest};
use domain::Viewer;

pub(crate) use authorizer::Authorizer;

/// Returns the caller of a request. A request that was not authorized is anonymous.
pub(crate) fn viewer(request: &HttpRequest) -> Viewer {
    request.extensions().get().copied().unwrap_or(Viewer::Anonymous)
}
