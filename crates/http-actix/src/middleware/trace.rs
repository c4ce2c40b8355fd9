//! A name for every request, in its answer and in every line of the log that it causes.

use std::{sync::Arc, time::Instant};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{StatusCode, header::HeaderValue},
    middleware::Next,
};
use domain::{error_chain, ports::IdGenerator};
use tracing::Instrument as _;

use crate::{error::ApiError, headers::REQUEST_ID};

/// The longest name that is taken over from a caller, in bytes.
const LONGEST_REQUEST_ID: usize = 128;

/// Names the requests whose caller has not.
#[derive(Clone)]
pub(crate) struct RequestIds(pub(crate) Arc<dyn IdGenerator>);

/// Takes the request's name over from its caller, a proxy say, or gives it one; logs the request
/// under it, with the cause of an error, which no answer shows.
pub(crate) async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let id = given_id(&request).unwrap_or_else(|| new_id(&request));
    // Of the highest level, so that it is there whatever the log lets through.
    let span = tracing::error_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        method = %request.method(),
        path = request.path(),
    );
    let result = next.call(request).instrument(span.clone()).await;
    span.in_scope(|| {
        let (status, error) = match &result {
            Ok(response) => (response.status(), response.response().error()),
            Err(error) => (error.as_response_error().status_code(), Some(error)),
        };
        log(status, error, started);
    });
    match result {
        Ok(mut response) => {
            response.response_mut().head_mut().set_camel_case_headers(true);
            response.headers_mut().insert(REQUEST_ID, id);
            Ok(response)
        }
        Err(error) => {
            let mut response = error.error_response();
            response.head_mut().set_camel_case_headers(true);
            response.headers_mut().insert(REQUEST_ID, id);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// A name that can stand in a line of a log without being mistaken for something else.
fn given_id(request: &ServiceRequest) -> Option<HeaderValue> {
    let id = request.headers().get(REQUEST_ID)?;
    let fit = (1..=LONGEST_REQUEST_ID).contains(&id.len())
        && id.as_bytes().iter().all(u8::is_ascii_graphic);
    fit.then(|| id.clone())
}

fn new_id(request: &ServiceRequest) -> HeaderValue {
    request
        .app_data::<RequestIds>()
        .and_then(|ids| HeaderValue::try_from(ids.0.generate().to_string()).ok())
        .unwrap_or(HeaderValue::from_static("unknown"))
}

fn log(status: StatusCode, error: Option<&Error>, started: Instant) {
    let took = started.elapsed();
    let status_code = status.as_u16();
    match error.filter(|_| status.is_server_error()) {
        Some(error) => {
            tracing::error!(status = status_code, ?took, cause = causes(error), "failed");
        }
        None => tracing::info!(status = status_code, ?took, "answered"),
    }
}

/// What is known of an error: of one of ours, down to its first cause.
fn causes(error: &Error) -> String {
    error.as_error::<ApiError>().map_or_else(|| error.to_string(), |error| error_chain(error))
}
