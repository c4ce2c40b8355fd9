//! Which status an error has, and its body: the one table of both.

mod problem;

use std::{collections::BTreeMap, error::Error as StdError, io};

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use domain::{PostError, Version};
use paperclip::v2::schema::Apiv2Errors;
use serde::Serialize;
use thiserror::Error;

pub(crate) use problem::ProblemDetails;

use crate::{
    entity_tag,
    headers::ACCEPT_PATCH,
    payload::{Accepted, Invalid, KeyInHeader, MESSAGE_INVALID_JSON},
};

/// After how many seconds a caller may ask again what could not be answered.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 1;

/// Why a request is not done as asked.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    #[error("the body is not JSON")]
    InvalidJson,
    #[error("not found")]
    NotFound,
    #[error("the method is not offered here")]
    MethodNotAllowed {
        /// The methods that are.
        allow: HeaderValue,
    },
    #[error("the body did not arrive")]
    BodyIncomplete,
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    #[error("the body is longer than {limit} bytes")]
    BodyTooLong {
        /// The most it may be.
        limit: usize,
    },
    #[error("the body is not declared as what it has to be")]
    UnsupportedMediaType {
        /// What it has to be.
        accepted: Accepted,
    },
    #[error("the body is compressed")]
    Compressed,
    #[error("the request is invalid")]
    Invalid(Invalid),
    #[error("a request of this key is under way")]
    UnderWay,
    #[error("the post is of version {current}")]
    PreconditionFailed {
        /// What the post is.
        current: Version,
    },
    #[error("If-Match was not sent")]
    PreconditionRequired,
    #[error("cannot answer at the moment")]
    Unavailable(#[source] PostError),
    #[error("cannot answer")]
    Internal(#[source] PostError),
    #[error("a file of the documentation's page is broken")]
    Asset(#[source] io::Error),
    #[error("the handler panicked: {0}")]
    Panicked(String),
}

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::NotFound => Self::NotFound,
            PostError::PreconditionFailed { current } => Self::PreconditionFailed { current },
            PostError::KeyUsed => Self::Invalid(KeyInHeader::used()),
            PostError::UnderWay => Self::UnderWay,
            PostError::Unavailable(_) => Self::Unavailable(error),
            PostError::Internal(_) => Self::Internal(error),
        }
    }
}

/// The document gets the errors of each operation from beside its handler.
impl Apiv2Errors for ApiError {}

impl ApiError {
    /// The body of the answer.
    pub(crate) fn body(&self) -> ErrorBody<'_> {
        let status = self.status_code();
        ErrorBody {
            code: status.as_u16(),
            errors: self.errors(),
            message: self.message(),
            status: status.canonical_reason().unwrap_or_default(),
        }
    }

    /// What a person is told beyond the status, where that helps. Never a cause.
    fn message(&self) -> Option<String> {
        match self {
            Self::MethodNotAllowed { allow } => {
                Some(format!("This path offers {}.", allow.to_str().unwrap_or_default()))
            }
            Self::BodyIncomplete => Some("The body did not arrive as announced.".to_owned()),
            Self::BodyTooSlow => Some("The body took too long to arrive.".to_owned()),
            Self::BodyTooLong { limit } => {
                Some(format!("The body must not be longer than {limit} bytes."))
            }
            Self::UnsupportedMediaType { accepted } => {
                Some(format!("Content-Type must be {}.", accepted.types().join(" or ")))
            }
            Self::Compressed => Some("The body must not be compressed.".to_owned()),
            Self::UnderWay => {
                Some("A request of this Idempotency-Key is under way. Try again.".to_owned())
            }
            Self::PreconditionFailed { .. } => Some(
                "The post is not what you take it for. Read it again before you change it."
                    .to_owned(),
            ),
            Self::PreconditionRequired => Some(
                "If-Match must say which state of the post you know: send its ETag.".to_owned(),
            ),
            Self::Unavailable(_) => Some("Try again in a moment.".to_owned()),
            Self::InvalidJson
            | Self::NotFound
            | Self::Invalid(_)
            | Self::Internal(_)
            | Self::Asset(_)
            | Self::Panicked(_) => None,
        }
    }

    /// What is wrong with which part of the request.
    fn errors(&self) -> Option<Errors<'_>> {
        match self {
            Self::InvalidJson => {
                Some(Errors::Body(BTreeMap::from([("json", [MESSAGE_INVALID_JSON])])))
            }
            Self::Invalid(Invalid { part, problems }) => {
                Some(Errors::Fields(BTreeMap::from([(part.as_str(), problems.by_field())])))
            }
            _ => None,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidJson | Self::BodyIncomplete => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } | Self::Compressed => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnderWay => StatusCode::CONFLICT,
            Self::PreconditionFailed { .. } => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) | Self::Asset(_) | Self::Panicked(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::MethodNotAllowed { allow } => {
                response.insert_header((header::ALLOW, allow.clone()));
            }
            Self::UnsupportedMediaType { accepted: accepted @ Accepted::MergePatch } => {
                response.insert_header((ACCEPT_PATCH, accepted.types().join(", ")));
            }
            Self::PreconditionFailed { current } => {
                response.insert_header(header::ETag(entity_tag::of_version(*current)));
            }
            Self::UnderWay | Self::Unavailable(_) => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            _ => {}
        }
        response.json(self.body())
    }
}

/// An error and what caused it, down to the first cause, for the log.
pub(crate) fn error_chain(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The body of an error, its keys in alphabetical order.
#[derive(Serialize)]
pub(crate) struct ErrorBody<'a> {
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Errors<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    status: &'static str,
}

/// What is wrong, by part of the request.
#[derive(Serialize)]
#[serde(untagged)]
enum Errors<'a> {
    /// With the part as a whole.
    Body(BTreeMap<&'static str, [&'static str; 1]>),
    /// With its fields.
    Fields(BTreeMap<&'static str, &'a BTreeMap<String, Vec<String>>>),
}

#[cfg(test)]
mod tests {
    use actix_web::{body, rt};
    use domain::ports::RepositoryError;

    use super::*;

    fn answer(error: &ApiError) -> (HttpResponse, String) {
        let (head, body) = error.error_response().into_parts();
        let bytes = rt::System::new().block_on(body::to_bytes(body)).unwrap();
        (head.set_body(BoxBody::new(())), String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_missing_post_is_a_404() {
        let (response, body) = answer(&PostError::NotFound.into());

        assert_eq!(response.status(), 404);
        assert_eq!(body, r#"{"code":404,"status":"Not Found"}"#);
    }

    #[test]
    fn a_store_that_does_not_answer_is_a_503_that_says_when_to_ask_again() {
        let cause = RepositoryError::Unavailable("database is locked: /var/blog.db".into());

        let (response, body) = answer(&PostError::Unavailable(cause).into());

        assert_eq!(response.status(), 503);
        assert_eq!(response.headers().get("Retry-After").unwrap(), "1");
        assert_eq!(
            body,
            r#"{"code":503,"message":"Try again in a moment.","status":"Service Unavailable"}"#
        );
    }

    #[test]
    fn what_must_not_happen_is_a_500_that_shows_no_cause() {
        let cause = RepositoryError::Backend("SELECT * FROM posts".into());

        let (response, body) = answer(&PostError::Internal(cause).into());

        assert_eq!(response.status(), 500);
        assert_eq!(body, r#"{"code":500,"status":"Internal Server Error"}"#);
    }

    #[test]
    fn a_post_that_is_another_by_now_is_a_412_with_its_tag() {
        let current = Version::new(7).unwrap();

        let (response, body) = answer(&PostError::PreconditionFailed { current }.into());

        assert_eq!(response.status(), 412);
        assert_eq!(response.headers().get("ETag").unwrap(), "\"7\"");
        assert!(body.contains(r#""status":"Precondition Failed""#), "{body}");
    }

    #[test]
    fn a_key_that_is_being_used_is_a_409_that_says_when_to_ask_again() {
        let (response, _) = answer(&PostError::UnderWay.into());

        assert_eq!(response.status(), 409);
        assert_eq!(response.headers().get("Retry-After").unwrap(), "1");
    }
}
