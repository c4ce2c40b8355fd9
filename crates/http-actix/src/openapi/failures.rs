//! The answers that are no success, documented as they are made.

use actix_web::ResponseError as _;
use domain::{PostError, Version, ports::RepositoryError};
use serde_json::{Value, json};

use super::headers::{Header, headers};
use crate::{
    app::Limits,
    error::{ApiError, ProblemDetails},
    payload::{Accepted, Flag, Invalid, MESSAGE_MISSING, Part, Problems},
};

/// An answer that is no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    MalformedBody,
    NotFound,
    BodyTooSlow,
    BodyTooLong,
    UnderWay,
    PreconditionFailed,
    UnsupportedMediaType,
    UnsupportedPatchType,
    InvalidBody,
    InvalidQuery,
    PreconditionRequired,
    Internal,
    Unavailable,
}

impl Failure {
    /// Those that any operation can end in.
    pub(super) const OF_ALL: [Self; 2] = [Self::Internal, Self::Unavailable];

    const ALL: [Self; 13] = [
        Self::MalformedBody,
        Self::NotFound,
        Self::BodyTooSlow,
        Self::BodyTooLong,
        Self::UnderWay,
        Self::PreconditionFailed,
        Self::UnsupportedMediaType,
        Self::UnsupportedPatchType,
        Self::InvalidBody,
        Self::InvalidQuery,
        Self::PreconditionRequired,
        Self::Internal,
        Self::Unavailable,
    ];

    /// All of them as components of a document, by name.
    pub(super) fn components() -> Value {
        Self::ALL.into_iter().map(|failure| (failure.name(), failure.component())).collect()
    }

    /// A reference to one of the [`components`](Self::components), by status.
    pub(super) fn reference(self) -> (String, Value) {
        let component = format!("#/components/responses/{}", self.name());
        (self.example().status_code().as_str().to_owned(), json!({ "$ref": component }))
    }

    fn name(self) -> String {
        format!("{self:?}")
    }

    const fn schema(self) -> &'static str {
        match self {
            Self::MalformedBody => "MalformedBody",
            Self::InvalidBody | Self::InvalidQuery => "Invalid",
            _ => "Error",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::MalformedBody => "The body is not JSON.",
            Self::NotFound => {
                "There is no post of this id. That holds for whatever is not a UUID, too."
            }
            Self::BodyTooSlow => "The body took too long to arrive.",
            Self::BodyTooLong => "The body is longer than the server takes.",
            Self::UnderWay => {
                "A request of the same `Idempotency-Key` is under way. Ask again later."
            }
            Self::PreconditionFailed => {
                "The post is not as the request takes it to be. Nothing was changed."
            }
            Self::UnsupportedMediaType => "The body is not declared as JSON.",
            Self::UnsupportedPatchType => "The body is not declared as a JSON Merge Patch.",
            Self::InvalidBody => {
                "The body breaks the rules of its fields, or a parameter or header is not what it \
                 has to be: every problem, by name."
            }
            Self::InvalidQuery => "Parameters of the URL are not what they have to be.",
            Self::PreconditionRequired => "This server insists on `If-Match`.",
            Self::Internal => {
                "Something went wrong that must not. The log says what, under the request's id."
            }
            Self::Unavailable => "The server cannot answer at the moment. Ask again later.",
        }
    }

    /// An error that is answered so.
    fn example(self) -> ApiError {
        let store = || RepositoryError::Unavailable("an example".into());
        match self {
            Self::MalformedBody => ApiError::InvalidJson,
            Self::NotFound => ApiError::NotFound,
            Self::BodyTooSlow => ApiError::BodyTooSlow,
            Self::BodyTooLong => ApiError::BodyTooLong { limit: Limits::default().body_bytes },
            Self::UnderWay => ApiError::UnderWay,
            Self::PreconditionFailed => ApiError::PreconditionFailed { current: Version::FIRST },
            Self::UnsupportedMediaType => {
                ApiError::UnsupportedMediaType { accepted: Accepted::Json }
            }
            Self::UnsupportedPatchType => {
                ApiError::UnsupportedMediaType { accepted: Accepted::MergePatch }
            }
            Self::InvalidBody => invalid(Part::Json, "title", MESSAGE_MISSING),
            Self::InvalidQuery => invalid(Part::Query, "published", Flag::MESSAGE),
            Self::PreconditionRequired => ApiError::PreconditionRequired,
            Self::Internal => ApiError::Internal(PostError::Internal(store())),
            Self::Unavailable => ApiError::Unavailable(PostError::Unavailable(store())),
        }
    }

    fn headers(self) -> Value {
        headers(match self {
            Self::UnderWay | Self::Unavailable => &[Header::RetryAfter],
            Self::PreconditionFailed => &[Header::ETag],
            Self::UnsupportedPatchType => &[Header::AcceptPatch],
            _ => &[],
        })
    }

    fn component(self) -> Value {
        let schema = format!("#/components/schemas/{}", self.schema());
        let example = self.example();
        json!({
            "description": self.description(),
            "headers": self.headers(),
            "content": {
                "application/json": { "schema": { "$ref": schema }, "example": example.body() },
                ProblemDetails::TYPE: {
                    "schema": { "$ref": "#/components/schemas/ProblemDetails" },
                    "example": example.problem(),
                },
            },
        })
    }
}

fn invalid(part: Part, field: &str, message: &str) -> ApiError {
    let mut problems = Problems::default();
    problems.add(field, message);
    ApiError::Invalid(Invalid { part, problems })
}
