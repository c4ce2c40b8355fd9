//! What the document says of both ways to change a post.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::{
    openapi::{Failure, Header, examples, headers, operation},
    payload::{NoParameters, PostIdInPath, Query, WriteConditions},
    routes,
};

/// The overlay of a change by `method`, of which `sent` is an example, and which fails so where the
/// body is not declared as what it has to be.
pub(super) fn documentation(method: &Method, undeclared: Failure, sent: &Value) -> Value {
    operation(
        routes::ONE_POST,
        method,
        &[
            Failure::MalformedBody,
            Failure::NotFound,
            Failure::BodyTooSlow,
            Failure::PreconditionFailed,
            Failure::BodyTooLong,
            undeclared,
            Failure::InvalidBody,
            Failure::PreconditionRequired,
        ],
        json!({
            "parameters": [
                PostIdInPath::documentation(),
                WriteConditions::documentation(),
                Query::<NoParameters>::documentation(),
            ],
            "requestBody": { "content": { "application/json": { "example": sent } } },
            "responses": { "200": {
                "description": "The post, as it is now.",
                "headers": headers(&[Header::ETag, Header::LastModified]),
                "content": { "application/json": { "example": examples::answered() } },
            }},
        }),
    )
}
