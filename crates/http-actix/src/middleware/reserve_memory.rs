//! Reserves the memory of long responses.

use actix_web::{body::MessageBody as _, dev::ServiceResponse, http::Method};

use crate::response::ResponseMemory;

/// Reserves the memory of a long response. Refuses a `GET` with a 503 if there is not enough
/// memory.
///
/// Runs inside `Compress`, because only the uncompressed length is known. The response to a `HEAD`
/// needs no memory, because the connection sends no body. A response to a write is never refused,
/// because the store already has the change. Its memory is reserved only if enough is free.
pub(super) fn reserve_memory(method: &Method, mut response: ServiceResponse) -> ServiceResponse {
    if *method == Method::HEAD {
        return response;
    }
    let size = response.response().body().size();
    match ResponseMemory::of(response.request()).reserve(size) {
        Ok(None) => response,
        Ok(Some(reservation)) => {
            response.response_mut().extensions_mut().insert(reservation);
            response
        }
        Err(error) if *method == Method::GET => {
            let (request, _) = response.into_parts();
            ServiceResponse::from_err(error, request)
        }
        Err(_) => response,
    }
}
