//! Why the server refuses the head of a request: the request line and the header fields.

use actix_web::http::StatusCode;

/// Why the server refuses the head of a request. The connection closes after the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The head is not HTTP.
    Malformed,
    /// The path and query are too long.
    UriTooLong,
    /// The head has too many bytes or header fields.
    HeadTooLong,
    /// The head did not arrive in time.
    HeadTooSlow,
}

impl Refusal {
    /// Returns the refusal with this status, or [`Refusal::Malformed`] for any other status.
    #[must_use]
    pub fn from_status(status: u16) -> Self {
        [Self::UriTooLong, Self::HeadTooLong, Self::HeadTooSlow]
            .into_iter()
            .find(|refusal| refusal.status() == status)
            .unwrap_or(Self::Malformed)
    }

    /// Returns the status of the response.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLong => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HeadTooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}
