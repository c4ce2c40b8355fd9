//! What the OpenAPI document says about an operation, beyond what is generated from the types of
//! its handler.

use actix_web::http::{StatusCode, header::HeaderName};
use serde_json::Value;

use crate::error::ApiError;

/// An operation.
#[derive(Default)]
pub(crate) struct Operation {
    /// Replaces the description that is generated from the handler's comment.
    pub(crate) description: Option<String>,
    /// What each extractor says about its parameters: an object by the parameters' names.
    pub(crate) parameters: Vec<Value>,
    /// The body of the request.
    pub(crate) body: Option<Body>,
    /// The responses that are not failures.
    pub(crate) responses: Vec<Response>,
    /// An example of each failure, besides those that every operation has.
    pub(crate) failures: Vec<ApiError>,
}

/// The body of a request.
#[derive(Default)]
pub(crate) struct Body {
    /// What its schema and its media type do not say.
    pub(crate) description: Option<String>,
    pub(crate) example: Value,
}

/// A response that is not a failure.
#[derive(Default)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) description: &'static str,
    /// The headers, besides those that every response has.
    pub(crate) headers: Vec<HeaderName>,
    /// An example of the body.
    pub(crate) example: Option<Value>,
    /// The operations that can follow, as OpenAPI's Link Objects by name.
    pub(crate) links: Option<Value>,
}

impl Response {
    /// The response to a client that has the current state.
    pub(crate) fn not_modified(headers: Vec<HeaderName>) -> Self {
        Self {
            status: StatusCode::NOT_MODIFIED,
            description: "The client has the current state.",
            headers,
            ..Self::default()
        }
    }
}
