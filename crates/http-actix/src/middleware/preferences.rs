//! Adds `Preference-Applied` to responses (RFC 7240, section 3).

use actix_web::{
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header::HeaderValue},
};

use crate::{
    headers::PREFERENCE_APPLIED,
    paths,
    preference::{STRICT, is_strict},
};

/// Confirms the preference `handling=strict` in the responses of the operations on posts. Only
/// these operations apply the preference.
pub(super) struct Preferences {
    is_strict: bool,
}

impl Preferences {
    pub(super) fn of(request: &ServiceRequest) -> Self {
        let is_options = request.method() == Method::OPTIONS;
        Self { is_strict: is_strict(request.headers()) && !is_options }
    }

    pub(super) fn confirm(&self, response: &mut ServiceResponse) {
        if !self.is_strict {
            return;
        }
        let path = response.request().match_pattern();
        if path.is_some_and(|path| paths::is_posts_path(&path)) {
            response.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static(STRICT));
        }
    }
}
