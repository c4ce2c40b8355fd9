//! The common documentation of PUT and PATCH.

use actix_web::http::{
    StatusCode,
    header::{ETAG, LAST_MODIFIED},
};
use domain::{PostError, Version};
use serde_json::json;

use crate::{
    documentation::{Body, Operation, Response},
    error::ApiError,
    media_type::Accepted,
    options::Limits,
    problems::{Invalid, MESSAGE_MISSING, Part},
    request::{NoParameters, PostIdPath, Query, WriteConditions},
    response::PostBody,
};

/// Returns the documentation of an operation that changes a post. `accepted` has the media types of
/// its request body.
pub(super) fn documentation(accepted: Accepted, body: Body) -> Operation {
    Operation {
        parameters: vec![
            PostIdPath::documentation(),
            WriteConditions::documentation(),
            Query::<NoParameters>::documentation(),
        ],
        body: Some(body),
        responses: vec![Response {
            status: StatusCode::OK,
            description: "The changed post.",
            headers: vec![ETAG, LAST_MODIFIED],
            example: Some(json!(PostBody::example())),
            ..Response::default()
        }],
        failures: vec![
            ApiError::InvalidJson,
            ApiError::NotFound,
            ApiError::BodyTooSlow,
            PostError::PreconditionFailed { current: Version::FIRST }.into(),
            ApiError::BodyTooLong { limit: Limits::default().body_bytes },
            ApiError::UnsupportedMediaType { accepted },
            ApiError::Compressed,
            ApiError::Invalid(Invalid::one(Part::Json, "title", MESSAGE_MISSING)),
            ApiError::PreconditionRequired,
        ],
        ..Operation::default()
    }
}
