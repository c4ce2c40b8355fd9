//! The errors of requests.

use std::io;

use actix_web::http::header::{EntityTag, HeaderValue};
use domain::{KeyError, KeyScope, PostError};
use paperclip::v2::schema::Apiv2Errors;
use thiserror::Error;

use super::Refusal;
use crate::{media_type::Accepted, problems::Invalid};

/// The error of a failed request.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    #[error("the head of the request is refused")]
    Refused(Refusal),
    #[error("the body is not JSON")]
    InvalidJson,
    #[error("an API key is needed, or the sent key is not valid")]
    Unauthorized,
    #[error("the scope of the key is too small")]
    Forbidden {
        /// The needed scope.
        needed: KeyScope,
    },
    #[error("the client has sent too many requests")]
    TooManyRequests {
        /// After this number of seconds, the client may send the next request.
        seconds: u64,
    },
    #[error("the request names a host that is not known")]
    UnknownHost,
    #[error("a page of another site sent a write")]
    CrossSite,
    #[error(transparent)]
    Key(KeyError),
    #[error("not found")]
    NotFound,
    #[error("the path does not support this method")]
    MethodNotAllowed {
        /// The allowed methods, as the value of `Allow`.
        allow: HeaderValue,
    },
    #[error("the body is incomplete")]
    BodyIncomplete,
    #[error("receiving the body timed out")]
    BodyTooSlow,
    #[error("the body is longer than {limit} bytes")]
    BodyTooLong {
        /// The maximum length, in bytes.
        limit: usize,
    },
    #[error("the media type of the body is not accepted")]
    UnsupportedMediaType {
        /// The accepted media types.
        accepted: Accepted,
    },
    #[error("the body is compressed")]
    Compressed,
    #[error("the request is invalid")]
    Invalid(Invalid),
    #[error("the current tag does not match If-Match")]
    TagMismatch {
        /// The current tag. `None` if the response has none.
        current: Option<EntityTag>,
    },
    #[error("If-Match was not sent")]
    PreconditionRequired,
    #[error(transparent)]
    Post(PostError),
    #[error("cannot decompress an asset of Swagger UI")]
    Asset(#[source] io::Error),
    #[error("responses that clients have not received occupy the memory")]
    TooManyResponses,
    #[error("the handler panicked: {0}")]
    Panicked(String),
}

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        Self::Post(error)
    }
}

/// Adds nothing to the OpenAPI document, because each endpoint documents its own failures.
impl Apiv2Errors for ApiError {}
