//! Converts a response of actix-web to one of hyper.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_http::{
    Response,
    body::{BodySize, BoxBody, MessageBody},
};
use actix_web::web::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_actix::Reservation;
use http_body::{Body, Frame, SizeHint};
use thiserror::Error;

use super::activity::RequestInProgress;

/// Returns the response for hyper. Omits a header that hyper's types cannot represent.
///
/// The request stays in progress until hyper drops the body of the response.
pub(super) fn from_actix(
    response: Response<impl MessageBody + 'static>,
    request: RequestInProgress,
) -> http::Response<ResponseBody> {
    let (head, body) = response.into_parts();
    let reservation = head.extensions().get().cloned();
    let body = ResponseBody { body: body.boxed(), reservation, _request: request };
    let mut converted = http::Response::new(body);
    let status = StatusCode::from_u16(head.status().as_u16());
    *converted.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    copy_headers(head.headers(), converted.headers_mut());
    converted
}

fn copy_headers(from: &actix_http::header::HeaderMap, to: &mut HeaderMap) {
    to.reserve(from.len());
    for (name, value) in from {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            to.append(name, value);
        }
    }
}

/// The body of a response.
pub(super) struct ResponseBody {
    body: BoxBody,
    /// The memory that is reserved for the body. `None` if the body is short.
    reservation: Option<Reservation>,
    _request: RequestInProgress,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let chunk = Pin::new(&mut self.body).poll_next(context);
        chunk.map(|chunk| {
            let chunk = chunk?.map_err(|error| BodyError(error.to_string()));
            Some(chunk.map(|chunk| Frame::data(self.hold(chunk))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.size().is_eof()
    }

    fn size_hint(&self) -> SizeHint {
        match self.body.size() {
            BodySize::None => SizeHint::with_exact(0),
            BodySize::Sized(length) => SizeHint::with_exact(length),
            BodySize::Stream => SizeHint::default(),
        }
    }
}

impl ResponseBody {
    /// Keeps the memory reserved until hyper has sent the chunk and drops it.
    fn hold(&self, chunk: Bytes) -> Bytes {
        match &self.reservation {
            None => chunk,
            Some(reservation) => {
                Bytes::from_owner(Held { chunk, _reservation: reservation.clone() })
            }
        }
    }
}

/// A chunk of a body, and the memory that is reserved for it.
struct Held {
    chunk: Bytes,
    _reservation: Reservation,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.chunk
    }
}

/// The error of a body whose rest the application cannot produce. The connection closes before the
/// end of the body, so the client can detect the error.
#[derive(Debug, Error)]
#[error("the body ended early: {0}")]
pub(super) struct BodyError(String);
