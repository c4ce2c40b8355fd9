//! Tells who has asked for strictness that it was applied (RFC 7240, section 3).

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header::HeaderValue},
    middleware::Next,
};

use crate::{
    headers::PREFERENCE_APPLIED,
    paths,
    preference::{STRICT, is_strict},
};

/// Confirms the preference where there is an operation that follows it.
pub(crate) async fn preferences(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let asks_for_it = is_strict(request.headers()) && request.method() != Method::OPTIONS;
    let mut response = next.call(request).await?;
    let path = response.request().match_pattern();
    if asks_for_it && path.is_some_and(|path| paths::is_of_posts(&path)) {
        response.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static(STRICT));
    }
    Ok(response)
}
