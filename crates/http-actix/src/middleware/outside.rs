//! The middleware outside of `Compress`.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header::HeaderMap,
    middleware::Next,
};

use super::{caching::Caching, content_coding, cors::Cors, security_headers, trace::Trace};

/// Gives each request an id and logs it, responds to preflight requests, and completes the headers
/// of all responses.
///
/// One function runs all these steps, because each middleware of actix-web allocates two futures.
pub(crate) async fn outside_compression(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let trace = Trace::begin(&request);
    let caching = Caching::of(&request);
    let mut cors = Cors::of(&request);
    content_coding::allow_identity(&mut request);
    let result = match cors.take_if(|_| Cors::is_preflight(&request)) {
        Some(cors) => Ok(request.into_response(cors.preflight()).map_into_right_body()),
        None => trace.instrument(next.call(request)).await.map(ServiceResponse::map_into_left_body),
    };
    trace.log(&result);
    let complete = |headers: &mut HeaderMap| {
        content_coding::remove_identity(headers);
        security_headers::add(headers);
        if let Some(cors) = cors {
            cors.expose(headers);
        }
        caching.complete(headers);
        trace.identify(headers);
    };
    match result {
        Ok(mut response) => {
            complete(response.headers_mut());
            Ok(response)
        }
        Err(error) => {
            let mut response = error.error_response();
            complete(response.headers_mut());
            Err(InternalError::from_response(error, response).into())
        }
    }
}
