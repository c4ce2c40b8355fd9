//! Adds the security headers.

use actix_web::http::header::HeaderMap;

use crate::headers::SECURITY_HEADERS;

/// Adds the security headers that the response does not have.
pub(crate) fn add(headers: &mut HeaderMap) {
    for (name, value) in SECURITY_HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
}
