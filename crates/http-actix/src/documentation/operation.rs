//! The documentation that paperclip does not generate from the handler of an operation.

use actix_web::http::{StatusCode, header::HeaderName};
use serde_json::Value;

use crate::error::ApiError;

/// The documentation of an operation.
#[derive(Default)]
pub(crate) struct Operation {
    /// Replaces the description that is generated from the handler's doc comment.
    pub(crate) description: Option<String>,
    /// The documentation of each extractor's parameters: an object keyed by parameter name.
    pub(crate) parameters: Vec<Value>,
    /// The body of the request.
    pub(crate) body: Option<Body>,
    /// The responses that are not errors.
    pub(crate) responses: Vec<Response>,
    /// An example of each failure, except for those that every operation has.
    pub(crate) failures: Vec<ApiError>,
}

/// The body of a request.
#[derive(Default)]
pub(crate) struct Body {
    /// A description, if the schema and the media type do not explain the body.
    pub(crate) description: Option<String>,
    pub(crate) example: Value,
    /// Whether a request without a body is valid.
    pub(crate) is_optional: bool,
}

/// A response that is not an error.
#[derive(Default)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) description: &'static str,
    /// The headers, except for those that every response has.
    pub(crate) headers: Vec<HeaderName>,
    /// An example of the body.
    pub(crate) example: Option<Value>,
    /// OpenAPI Link Objects by name: operations that use values of this response.
    pub(crate) links: Option<Value>,
}

impl Response {
    /// Documents the 304 response.
    pub(crate) fn not_modified(headers: Vec<HeaderName>) -> Self {
        Self {
            status: StatusCode::NOT_MODIFIED,
            description: "The client has the current version.",
            headers,
            ..Self::default()
        }
    }
}
