//! Authorizes requests.

use actix_web::{
    Error, HttpMessage as _,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::{auth::Authorizer, error::ApiError, request::PreviewParameter, routes};

/// Calls the handler only if the caller is allowed to make the request. Adds the caller to the
/// extensions of the request, so that the handler can read it.
///
/// Runs after all other middleware that changes the method or the path, because the method and the
/// path select the route.
pub(crate) async fn authorize(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let needed = |mode| {
        // The router matches this path too. It is percent-decoded, unlike the path of the URL.
        let path = request.match_info().get_ref().path();
        let pattern = request.resource_map().match_pattern(path);
        let access = routes::access(pattern.as_deref(), request.method());
        access.needed(mode, PreviewParameter::is_in(request.query_string()))
    };
    let viewer = match request.app_data::<Authorizer>() {
        Some(authorizer) => authorizer.authorize(&request, needed).await,
        None => Err(ApiError::Unauthorized),
    };
    match viewer {
        Ok(viewer) => {
            request.extensions_mut().insert(viewer);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(error) => {
            let (request, _) = request.into_parts();
            Ok(ServiceResponse::from_err(error, request).map_into_right_body())
        }
    }
}
