//! The middleware inside of `Compress`.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error, HttpMessage as _,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};
use domain::panic_message;
use futures_util::FutureExt as _;

use super::{
    authorize::authorize, content_coding, preferences::Preferences,
    problem_details::ProblemDetailsPreference, reserve_memory::reserve_memory,
};
use crate::error::ApiError;

/// Calls the handler if the caller is allowed to make the request, converts a panic to a 500, and
/// completes the response.
///
/// A `HEAD` request is routed to the handler of `GET` (RFC 9110, section 9.3.2). The HTTP connection
/// sends no body in response to a `HEAD`. It drops the body unread, so the rest of a streamed list is
/// not read from the store.
///
/// One function runs all these steps, because each middleware of actix-web allocates two futures.
pub(crate) async fn inside_compression(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let preferences = Preferences::of(&request);
    let problem_details = ProblemDetailsPreference::of(&request);
    let method = request.method().clone();
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let respond = async {
        match authorize(&request).await {
            Ok(viewer) => {
                request.extensions_mut().insert(viewer);
                next.call(request).await
            }
            Err(error) => {
                let (request, _) = request.into_parts();
                Ok(ServiceResponse::from_err(error, request))
            }
        }
    };
    // This is unwind safe: a panic can leave only the state of the request inconsistent, and that
    // state is dropped with the request.
    let result = AssertUnwindSafe(respond).catch_unwind().await;
    // Without this, the connection would close without a response.
    let result = result
        .unwrap_or_else(|panic| Err(ApiError::Panicked(panic_message(&*panic)).into()))
        .map(|response| reserve_memory(&method, response));
    problem_details.apply(result).map(|mut response| {
        preferences.confirm(&mut response);
        content_coding::keep_short(&mut response);
        response
    })
}
