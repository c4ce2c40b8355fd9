//! Why a request fails.

use std::io;

use actix_web::http::header::{EntityTag, HeaderValue};
use domain::PostError;
use paperclip::v2::schema::Apiv2Errors;
use thiserror::Error;

use crate::{media_type::Accepted, problems::Invalid};

/// Why a request fails.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    #[error("the body is not JSON")]
    InvalidJson,
    #[error("not found")]
    NotFound,
    #[error("the method is not offered here")]
    MethodNotAllowed {
        /// The methods that the path offers, as the value of `Allow`.
        allow: HeaderValue,
    },
    #[error("the body did not arrive")]
    BodyIncomplete,
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    #[error("the body is longer than {limit} bytes")]
    BodyTooLong {
        /// The maximum length.
        limit: usize,
    },
    #[error("the body is not declared as a media type that is accepted")]
    UnsupportedMediaType {
        /// What is accepted.
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
    #[error("an asset of Swagger UI is broken")]
    Asset(#[source] io::Error),
    #[error("the handler panicked: {0}")]
    Panicked(String),
}

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        Self::Post(error)
    }
}

/// The document gets the failures of an operation from its endpoint.
impl Apiv2Errors for ApiError {}
