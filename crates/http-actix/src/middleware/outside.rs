//! The middleware outside of `Compress`.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use super::{caching::Caching, content_coding, cors::Cors, trace::Trace};

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
    let cors = match Cors::of(&request) {
        Some(cors) if Cors::is_preflight(&request) => {
            let mut response = request.into_response(cors.preflight());
            caching.complete(response.headers_mut());
            return trace.end(Ok(response.map_into_right_body()));
        }
        cors => cors,
    };
    content_coding::allow_identity(&mut request);
    let result = trace.instrument(next.call(request)).await.map(|mut response| {
        let headers = response.headers_mut();
        content_coding::remove_identity(headers);
        if let Some(cors) = cors {
            cors.expose(headers);
        }
        caching.complete(headers);
        response.map_into_left_body()
    });
    trace.end(result)
}
