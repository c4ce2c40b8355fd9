//! Adds `Preference-Applied` to responses (RFC 7240, section 3).

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

/// Confirms the preference `handling=strict` in the responses of the operations on posts. Only
/// these operations apply the preference.
pub(crate) async fn preferences(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let prefers_strict = is_strict(request.headers()) && request.method() != Method::OPTIONS;
    let mut response = next.call(request).await?;
    let path = response.request().match_pattern();
    if prefers_strict && path.is_some_and(|path| paths::is_posts_path(&path)) {
        response.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static(STRICT));
    }
    Ok(response)
}
