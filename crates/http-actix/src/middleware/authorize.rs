//! Authorizes requests.

use actix_web::dev::ServiceRequest;
use domain::Viewer;

use crate::{auth::Authorizer, error::ApiError, request::PreviewParameter, routes};

/// Returns the caller of a request if the caller is allowed to make the request.
///
/// Runs after all other middleware that changes the method or the path, because the method and the
/// path select the route.
pub(super) async fn authorize(request: &ServiceRequest) -> Result<Viewer, ApiError> {
    let needed = |mode| {
        // The router matches this path too. It is percent-decoded, unlike the path of the URL.
        let path = request.match_info().get_ref().path();
        let pattern = request.resource_map().match_pattern(path);
        let access = routes::access(pattern.as_deref(), request.method());
        access.needed(mode, PreviewParameter::is_in(request.query_string()))
    };
    match request.app_data::<Authorizer>() {
        Some(authorizer) => authorizer.authorize(request, needed).await,
        None => Err(ApiError::Unauthorized),
    }
}
