//! Sends errors as problem details (RFC 9457) to clients that prefer this media type.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header::{CONTENT_TYPE, HeaderValue},
    middleware::Next,
};

use crate::{
    error::{ApiError, ProblemDetails},
    media_type,
};

/// Replaces the body of an error with problem details if the client prefers them.
///
/// The status and all headers but `Content-Type` stay unchanged.
pub(crate) async fn problem_details(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, String>>, Error> {
    let is_preferred = media_type::prefers(&request, ProblemDetails::TYPE);
    let body_of = |error: &Error| {
        let error = error.as_error::<ApiError>().filter(|_| is_preferred)?;
        serde_json::to_string(&ProblemDetails::from(&error.outcome())).ok()
    };
    let content_type = HeaderValue::from_static(ProblemDetails::TYPE);
    match next.call(request).await {
        Ok(response) => Ok(match response.response().error().and_then(body_of) {
            None => response.map_into_left_body(),
            Some(body) => response.map_body(|head, _| {
                head.headers.insert(CONTENT_TYPE, content_type);
                EitherBody::right(body)
            }),
        }),
        Err(error) => Err(match body_of(&error) {
            None => error,
            Some(body) => {
                let mut response = error.error_response().set_body(body).map_into_boxed_body();
                response.headers_mut().insert(CONTENT_TYPE, content_type);
                InternalError::from_response(error, response).into()
            }
        }),
    }
}
