//! Converts a panic of a handler to a 500.

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

/// Converts a panic to a 500. Without this, the connection would close without a response.
///
/// This is unwind safe: a panic can leave only the state of the request inconsistent, and that
/// state is dropped with the request.
pub(crate) async fn catch_panic(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => Err(ApiError::Panicked(panic_message(&*panic)).into()),
    }
}
