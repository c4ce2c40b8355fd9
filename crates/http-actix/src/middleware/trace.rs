//! Request ids and request logging.

use std::{sync::Arc, time::Instant};

use actix_web::{
    Error,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderValue},
};
use domain::{KeyError, PostError, error_chain, ports::IdGenerator};
use tracing::{Instrument as _, Level, Span, instrument::Instrumented};

use crate::{error::ApiError, head::Head, headers::REQUEST_ID};

/// The maximum length of a request id that a client sends, in bytes.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// Generates ids for requests that have none.
#[derive(Clone)]
pub(crate) struct RequestIds(pub(crate) Arc<dyn IdGenerator>);

impl RequestIds {
    /// Returns the id that the client or a proxy sent, if it is valid. Otherwise generates an id.
    pub(crate) fn of(&self, head: &impl Head) -> String {
        received_id(head).map_or_else(|| self.generate(), str::to_owned)
    }

    /// Generates a request id.
    pub(crate) fn generate(&self) -> String {
        self.0.generate().to_string()
    }
}

/// The id of a request if no id can be generated.
pub(crate) const UNKNOWN_REQUEST_ID: &str = "unknown";
const UNKNOWN: HeaderValue = HeaderValue::from_static(UNKNOWN_REQUEST_ID);

/// Gives a request an id, returns the id in `X-Request-Id`, and logs the request with its id.
///
/// Logs the cause of a server error, because the response does not contain the cause.
pub(super) struct Trace {
    id: String,
    span: Span,
    started: Instant,
}

impl Trace {
    pub(super) fn begin(request: &ServiceRequest) -> Self {
        let started = Instant::now();
        let ids = request.app_data::<RequestIds>();
        let id = ids.map_or_else(|| UNKNOWN_REQUEST_ID.to_owned(), |ids| ids.of(request.head()));
        let span = span(request.method().as_str(), request.path(), &id);
        Self { id, span, started }
    }

    /// Adds the id to everything that `work` logs.
    pub(super) fn instrument<T: Future>(&self, work: T) -> Instrumented<T> {
        work.instrument(self.span.clone())
    }

    /// Logs the result of the request.
    pub(super) fn log<B>(&self, result: &Result<ServiceResponse<B>, Error>) {
        self.span.in_scope(|| {
            let (status, error) = match result {
                Ok(response) => (response.status().as_u16(), response.response().error()),
                Err(error) => (error.as_response_error().status_code().as_u16(), Some(error)),
            };
            log(status, error, self.started);
        });
    }

    /// Adds the id to a response.
    pub(super) fn identify(self, headers: &mut HeaderMap) {
        headers.insert(REQUEST_ID, HeaderValue::try_from(self.id).unwrap_or(UNKNOWN));
    }
}

/// Returns whether successful requests are logged.
pub(crate) fn is_logged() -> bool {
    tracing::enabled!(Level::INFO)
}

/// Logs a request that was answered from the cache. To create a span is slow, so the caller asks
/// [`is_logged`] before.
pub(crate) fn log_cached(method: &str, path: &str, id: &str, status: u16, started: Instant) {
    span(method, path, id).in_scope(|| log(status, None, started));
}

fn span(method: &str, path: &str, id: &str) -> Span {
    // The span has the level `error`, so that a log filter by level does not remove the id.
    tracing::error_span!(
        "request",
        id,
        method = %method,
        path,
    )
}

/// Returns the request id that the client sent.
///
/// Returns `None` if the id is absent, empty or too long, or if it has characters that could forge
/// a log line.
fn received_id(head: &impl Head) -> Option<&str> {
    let id = str::from_utf8(head.values(&REQUEST_ID).next()?).ok()?;
    let is_valid = (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_graphic());
    is_valid.then_some(id)
}

fn log(status: u16, error: Option<&Error>, started: Instant) {
    let took = started.elapsed();
    match error.filter(|_| status >= 500) {
        // An overloaded server refuses many requests per second. To log each of them at a higher
        // level would slow it down.
        Some(error) if is_overload(error) => {
            tracing::debug!(status, ?took, "refused: too many requests");
        }
        Some(error) => {
            tracing::error!(status, ?took, cause = causes(error), "request failed");
        }
        None => tracing::info!(status, ?took, "request completed"),
    }
}

fn is_overload(error: &Error) -> bool {
    let error = error.as_error();
    matches!(
        error,
        Some(
            ApiError::Post(PostError::Overloaded)
                | ApiError::Key(KeyError::Overloaded)
                | ApiError::TooManyResponses
        )
    )
}

/// Returns the message of an error. The message of an [`ApiError`] includes those of its sources.
fn causes(error: &Error) -> String {
    error.as_error::<ApiError>().map_or_else(|| error.to_string(), |error| error_chain(error))
}
