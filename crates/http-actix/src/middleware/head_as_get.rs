//! Handles `HEAD` as `GET`.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};

/// Routes a `HEAD` request to the handler of `GET` (RFC 9110, section 9.3.2).
///
/// The HTTP connection sends no body in response to a `HEAD`. It drops the body unread, so the rest
/// of a streamed list is not read from the store.
pub(crate) async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}
