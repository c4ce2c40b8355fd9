//! Errors as problem details (RFC 9457), for who asks for them.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header::{Accept, CONTENT_TYPE, Header as _, HeaderValue, Quality},
    middleware::Next,
    mime,
};

use crate::error::{ApiError, ProblemDetails};

/// Gives an error the body that was asked for. Status and headers stay as they are.
pub(crate) async fn problem_details(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, String>>, Error> {
    let asked_for = asks_for_problem_details(&request);
    let body_of = |error: &Error| {
        let error = error.as_error::<ApiError>().filter(|_| asked_for)?;
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

/// Only by name, and not where the usual form is named and liked better: who takes anything takes that
/// too.
fn asks_for_problem_details(request: &ServiceRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    let liked = |name: &str| {
        let named = accept.iter().filter(|accepted| accepted.item.essence_str() == name);
        named.map(|accepted| accepted.quality).max().unwrap_or(Quality::ZERO)
    };
    let problem = liked(ProblemDetails::TYPE);
    problem > Quality::ZERO && problem >= liked(mime::APPLICATION_JSON.essence_str())
}
