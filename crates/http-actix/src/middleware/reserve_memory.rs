//! Reserves the memory of long responses.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};

use crate::response::ResponseMemory;

/// Reserves the memory of a long response. Refuses a `GET` with a 503 if there is not enough
/// memory.
///
/// Runs inside `Compress`, because only the uncompressed length is known. The response to a `HEAD`
/// needs no memory, because the connection sends no body. A response to a write is never refused,
/// because the store already has the change. Its memory is reserved only if enough is free.
pub(crate) async fn reserve_memory(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let method = request.method().clone();
    let mut response = next.call(request).await?;
    if method != Method::HEAD {
        let size = response.response().body().size();
        match ResponseMemory::of(response.request()).reserve(size) {
            Ok(None) => {}
            Ok(Some(reservation)) => {
                response.response_mut().extensions_mut().insert(reservation);
            }
            Err(error) if method == Method::GET => {
                let (request, _) = response.into_parts();
                return Ok(ServiceResponse::from_err(error, request).map_into_right_body());
            }
            Err(_) => {}
        }
    }
    Ok(response.map_into_left_body())
}
