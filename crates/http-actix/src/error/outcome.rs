//! The response to each error, and its description in the OpenAPI document.

use actix_web::http::{
    StatusCode,
    header::{
        ACCEPT_ENCODING, ALLOW, ETAG, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
    },
};
use domain::{KeyError, PostError};

use super::{ApiError, Refusal};
use crate::{
    entity_tag,
    headers::{ACCEPT_PATCH, IDEMPOTENCY_KEY, header_name},
    media_type::Accepted,
    problems::{Invalid, MESSAGE_INVALID_JSON, MESSAGE_KEY_USED, Part},
};

/// The value of `Retry-After`, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 1;

/// The response to a failed request.
pub(crate) struct Outcome {
    pub(crate) status: StatusCode,
    /// The name of the response in the OpenAPI document.
    pub(crate) name: &'static str,
    /// The description of the response in the OpenAPI document.
    pub(crate) description: &'static str,
    /// A message for the user of the client. It never contains the cause of a server error.
    pub(crate) message: Option<String>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) errors: Errors,
}

/// The problems of the request.
pub(crate) enum Errors {
    /// The response lists no problems.
    None,
    /// The body as a whole is invalid.
    Body(&'static str),
    /// Fields are invalid.
    Fields(Invalid),
}

impl ApiError {
    /// Returns the response to this error.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Refused(refusal) => {
                let (name, description, message) = match refusal {
                    Refusal::Malformed => (
                        "MalformedHead",
                        "The request is not HTTP/1.1.",
                        "The request is not valid HTTP/1.1.",
                    ),
                    Refusal::UriTooLong => {
                        ("UriTooLong", "The URL is too long.", "The URL is too long.")
                    }
                    Refusal::HeadTooLong => (
                        "HeadTooLong",
                        "The request has too many header fields, or they are too long.",
                        "The header fields are too many or too long.",
                    ),
                    Refusal::HeadTooSlow => (
                        "HeadTooSlow",
                        "The server did not receive the header fields in time.",
                        "The header fields took too long to arrive.",
                    ),
                };
                Outcome::new(refusal.status(), name, description).message(message)
            }
            Self::InvalidJson => {
                Outcome::new(StatusCode::BAD_REQUEST, "MalformedBody", "The body is not JSON.")
                    .errors(Errors::Body(MESSAGE_INVALID_JSON))
            }
            Self::BodyIncomplete => Outcome::new(
                StatusCode::BAD_REQUEST,
                "BodyIncomplete",
                "The body ended before its declared length.",
            )
            .message("The body did not arrive as announced."),
            Self::Unauthorized | Self::Key(KeyError::Invalid) => Outcome::new(
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
                "The request needs an API key, or the sent key is not valid.",
            )
            .message("A valid API key is needed: send it as Authorization: Bearer KEY.")
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::Forbidden { needed } => Outcome::new(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "The scope of the API key is too small.",
            )
            .message(format!("This request needs an API key with the scope {needed}.")),
            Self::CrossSite => Outcome::new(
                StatusCode::FORBIDDEN,
                "CrossSite",
                "A page of another site sent a write to a server without API keys.",
            )
            .message("Pages of other sites cannot write to this server."),
            Self::UnknownHost => Outcome::new(
                StatusCode::MISDIRECTED_REQUEST,
                "UnknownHost",
                "The request names a host that is not this machine, on a server without API keys.",
            )
            .message("This server answers only requests to localhost."),
            Self::TooManyRequests { seconds } => Outcome::new(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "The client has sent too many requests. Retry later.",
            )
            .message("Too many requests. Try again later.")
            .header(RETRY_AFTER, *seconds),
            Self::NotFound | Self::Post(PostError::NotFound) => Outcome::new(
                StatusCode::NOT_FOUND,
                "NotFound",
                "There is no post with this id, or the id is not a UUID.",
            ),
            Self::MethodNotAllowed { allow } => Outcome::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "The path does not support this method.",
            )
            .message(format!("This path offers {}.", allow.to_str().unwrap_or_default()))
            .header(ALLOW, allow.clone()),
            Self::BodyTooSlow => Outcome::new(
                StatusCode::REQUEST_TIMEOUT,
                "BodyTooSlow",
                "The server did not receive the body in time.",
            )
            .message("The body took too long to arrive."),
            Self::Post(PostError::InProgress) => Outcome::new(
                StatusCode::CONFLICT,
                "InProgress",
                "A request with the same `Idempotency-Key` is in progress. Retry later.",
            )
            .message("A request with this Idempotency-Key is in progress. Try again.")
            .header(RETRY_AFTER, RETRY_AFTER_SECONDS),
            Self::Post(PostError::PreconditionFailed { current }) => Outcome::new(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailed",
                "The post was changed since the client read it. Nothing was changed.",
            )
            .message("The post was changed since you read it. Read it again before you change it.")
            .header(ETAG, entity_tag::from_version(*current).to_string()),
            Self::TagMismatch { current } => Outcome::new(
                StatusCode::PRECONDITION_FAILED,
                "TagMismatch",
                "The current `ETag` does not match `If-Match`.",
            )
            .message("The current ETag does not match If-Match. Read it again.")
            .headers(current.iter().map(|tag| (ETAG, tag.to_string()))),
            Self::BodyTooLong { limit } => Outcome::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "BodyTooLong",
                "The body is longer than the server accepts.",
            )
            .message(format!("The body must not be longer than {limit} bytes.")),
            Self::UnsupportedMediaType { accepted: accepted @ Accepted::Json } => Outcome::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType",
                "The body is not declared as JSON.",
            )
            .message(accepted_types(*accepted)),
            Self::UnsupportedMediaType { accepted: accepted @ Accepted::MergePatch } => {
                Outcome::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "UnsupportedPatchType",
                    "The body is not declared as a JSON Merge Patch.",
                )
                .message(accepted_types(*accepted))
                .header(ACCEPT_PATCH, accepted.types().join(", "))
            }
            Self::Compressed => Outcome::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Compressed",
                "The body is compressed.",
            )
            .message("The body must not be compressed.")
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            Self::Invalid(invalid @ Invalid { part: Part::Json | Part::Headers, .. }) => {
                Outcome::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "InvalidBody",
                    "Fields of the body, query parameters or headers are invalid. Lists all problems by name.",
                )
                .errors(Errors::Fields(invalid.clone()))
            }
            Self::Invalid(invalid @ Invalid { part: Part::Query, .. }) => Outcome::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "InvalidQuery",
                "Query parameters are invalid. Lists all problems by name.",
            )
            .errors(Errors::Fields(invalid.clone())),
            Self::Post(PostError::KeyReused) => Outcome::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "KeyReused",
                "Another body was sent with this `Idempotency-Key`.",
            )
            .errors(Errors::Fields(Invalid::one(
                Part::Headers,
                &header_name(&IDEMPOTENCY_KEY),
                MESSAGE_KEY_USED,
            ))),
            Self::PreconditionRequired => Outcome::new(
                StatusCode::PRECONDITION_REQUIRED,
                "PreconditionRequired",
                "This server requires `If-Match`.",
            )
            .message("If-Match is required: send the ETag of the post as you read it."),
            Self::Post(PostError::Internal(_))
            | Self::Key(
                KeyError::Internal(_)
                | KeyError::Random(_)
                | KeyError::NotFound
                | KeyError::Inactive,
            )
            | Self::Asset(_)
            | Self::Panicked(_) => {
                Outcome::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Internal",
                    "A bug, or corrupt data. The server logs the cause with the request id.",
                )
            }
            Self::Post(PostError::Unavailable(_) | PostError::Overloaded)
            | Self::Key(KeyError::Unavailable(_) | KeyError::Overloaded)
            | Self::TooManyResponses => Outcome::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Unavailable",
                "The server is temporarily unavailable. Retry later.",
            )
            .message("Try again in a moment.")
            .header(RETRY_AFTER, RETRY_AFTER_SECONDS),
        }
    }
}

fn accepted_types(accepted: Accepted) -> String {
    format!("Content-Type must be {}.", accepted.types().join(" or "))
}

impl Outcome {
    const fn new(status: StatusCode, name: &'static str, description: &'static str) -> Self {
        Self { status, name, description, message: None, headers: Vec::new(), errors: Errors::None }
    }

    fn message(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    fn errors(self, errors: Errors) -> Self {
        Self { errors, ..self }
    }

    fn header(self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        self.headers([(name, value)])
    }

    /// Adds headers. Omits a header whose value is not a valid field value. Tests of the responses
    /// would detect a missing header.
    fn headers<V: TryInto<HeaderValue>>(
        mut self,
        headers: impl IntoIterator<Item = (HeaderName, V)>,
    ) -> Self {
        let valid =
            headers.into_iter().filter_map(|(name, value)| Some((name, value.try_into().ok()?)));
        self.headers.extend(valid);
        self
    }

    /// Returns the reason phrase of the status.
    pub(crate) fn reason(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or_default()
    }
}
