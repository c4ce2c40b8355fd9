//! Sends errors as problem details (RFC 9457) to clients that prefer this media type.

use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header::{CONTENT_TYPE, HeaderValue},
};

use crate::{
    error::{ApiError, ProblemDetails},
    media_type,
};

const CONTENT_TYPE_VALUE: HeaderValue = HeaderValue::from_static(ProblemDetails::TYPE);

/// Replaces the body of an error with problem details if the client prefers them.
///
/// The status and all headers but `Content-Type` stay unchanged.
pub(super) struct ProblemDetailsPreference {
    is_preferred: bool,
}

impl ProblemDetailsPreference {
    pub(super) fn of(request: &ServiceRequest) -> Self {
        Self { is_preferred: media_type::prefers(request, ProblemDetails::TYPE) }
    }

    pub(super) fn apply(
        &self,
        result: Result<ServiceResponse, Error>,
    ) -> Result<ServiceResponse, Error> {
        match result {
            Ok(response) => Ok(match response.response().error().and_then(|e| self.body_of(e)) {
                None => response,
                Some(body) => response.map_body(|head, _| {
                    head.headers.insert(CONTENT_TYPE, CONTENT_TYPE_VALUE);
                    BoxBody::new(body)
                }),
            }),
            Err(error) => Err(match self.body_of(&error) {
                None => error,
                Some(body) => {
                    let mut response = error.error_response().set_body(body).map_into_boxed_body();
                    response.headers_mut().insert(CONTENT_TYPE, CONTENT_TYPE_VALUE);
                    InternalError::from_response(error, response).into()
                }
            }),
        }
    }

    fn body_of(&self, error: &Error) -> Option<String> {
        let error = error.as_error::<ApiError>().filter(|_| self.is_preferred)?;
        serde_json::to_string(&ProblemDetails::from(&error.outcome())).ok()
    }
}
