//! An answer also where a handler panics.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use domain::panic_message;
use futures_util::FutureExt as _;

use crate::error::ApiError;

/// Makes a panic a 500; without it the connection would close with no answer. Nothing of the
/// request outlives it that the panic could have left half-done.
pub(crate) async fn catch_panic(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => Err(ApiError::Panicked(panic_message(&*panic)).into()),
    }
}
