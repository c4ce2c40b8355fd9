//! The answers that are no success, documented as they are made.

use actix_web::{ResponseError as _, http::header};
use domain::{PostError, ports::RepositoryError};
use serde_json::{Value, json};

use super::overlay::header_name;
use crate::{
    app::Limits,
    error::{ApiError, RETRY_AFTER_SECONDS},
    payload::{Flag, Invalid, MESSAGE_MISSING, Part, Problems},
};

/// An answer that is no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    MalformedBody,
    NotFound,
    BodyTooSlow,
    BodyTooLong,
    UnsupportedMediaType,
    InvalidBody,
    InvalidQuery,
    Internal,
    Unavailable,
}

impl Failure {
    /// Those that any operation can end in.
    pub(super) const OF_ALL: [Self; 2] = [Self::Internal, Self::Unavailable];

    const ALL: [Self; 9] = [
        Self::MalformedBody,
        Self::NotFound,
        Self::BodyTooSlow,
        Self::BodyTooLong,
        Self::UnsupportedMediaType,
        Self::InvalidBody,
        Self::InvalidQuery,
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
            Self::InvalidBody => "InvalidBody",
            Self::InvalidQuery => "InvalidQuery",
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
            Self::UnsupportedMediaType => "The body is not declared as JSON.",
            Self::InvalidBody => {
                "The body breaks the rules of its fields: every problem of it, by field."
            }
            Self::InvalidQuery => "A parameter of the URL is not what it has to be.",
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
            Self::UnsupportedMediaType => ApiError::NotDeclaredAsJson,
            Self::InvalidBody => invalid(Part::Json, "title", MESSAGE_MISSING),
            Self::InvalidQuery => invalid(Part::Query, "published", Flag::MESSAGE),
            Self::Internal => ApiError::Internal(PostError::Internal(store())),
            Self::Unavailable => ApiError::Unavailable(PostError::Unavailable(store())),
        }
    }

    fn component(self) -> Value {
        let schema = format!("#/components/schemas/{}", self.schema());
        let mut component = json!({
            "description": self.description(),
            "content": {
                "application/json": {
                    "schema": { "$ref": schema },
                    "example": self.example().body(),
                },
            },
        });
        if self == Self::Unavailable {
            let headers = json!({ "headers": { header_name(&header::RETRY_AFTER): {
                "description": "After how many seconds to ask again.",
                "schema": { "type": "integer", "minimum": 0, "example": RETRY_AFTER_SECONDS },
            }}});
            json_patch::merge(&mut component, &headers);
        }
        component
    }
}

fn invalid(part: Part, field: &str, message: &str) -> ApiError {
    let mut problems = Problems::default();
    problems.add(field, message);
    ApiError::Invalid(Invalid { part, problems })
}
