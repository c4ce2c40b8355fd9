//! Converts a response of actix-web to one of hyper.

use std::{
    error::Error,
    future::poll_fn,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_http::{
    Response,
    body::{BodySize, BoxBody, MessageBody},
};
use actix_web::web::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_actix::{Reservation, Slot};
use http_body::{Body, Frame, SizeHint};

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

/// Returns a response from the cache.
pub(super) fn from_cache(
    response: http::Response<Bytes>,
    reservation: Option<Reservation>,
    request: RequestInProgress,
) -> http::Response<ResponseBody> {
    response.map(|body| ResponseBody { body: BoxBody::new(body), reservation, _request: request })
}

/// Stores a response in the cache, if the cache accepts it.
pub(super) async fn keep_in(
    slot: Slot<'_>,
    response: http::Response<ResponseBody>,
) -> http::Response<ResponseBody> {
    let (head, mut body) = response.into_parts();
    if !slot.accepts(&head) {
        slot.leave_empty();
        return http::Response::from_parts(head, body);
    }
    match body.collect(slot.largest_body()).await {
        Some(bytes) => slot.fill(&head, &bytes),
        None => slot.leave_empty(),
    }
    http::Response::from_parts(head, body)
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
    /// Reads the body, which stays complete. Returns `None` if it is longer than `limit`, or if its
    /// rest cannot be read.
    async fn collect(&mut self, limit: usize) -> Option<Bytes> {
        let mut start = Vec::new();
        let end = poll_fn(|context| {
            loop {
                match ready!(Pin::new(&mut self.body).poll_next(context)) {
                    Some(Ok(chunk)) => start.push(chunk),
                    Some(Err(error)) => return Poll::Ready(Err(Some(error))),
                    None => return Poll::Ready(Ok(())),
                }
                if start.iter().map(Bytes::len).sum::<usize>() > limit {
                    return Poll::Ready(Err(None));
                }
            }
        });
        let end = end.await;
        let start = Bytes::from(start.concat());
        let rest = mem::replace(&mut self.body, BoxBody::new(start.clone()));
        match end {
            Ok(()) => Some(start),
            Err(error) => {
                self.body = BoxBody::new(PartlyRead { start: Some(start), error, rest });
                None
            }
        }
    }

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

/// A body whose start was read.
struct PartlyRead {
    /// The bytes that were read. `None` if they were read again.
    start: Option<Bytes>,
    /// The error that ended the first read.
    error: Option<Box<dyn Error>>,
    rest: BoxBody,
}

impl MessageBody for PartlyRead {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(start) = self.start.take().filter(|start| !start.is_empty()) {
            return Poll::Ready(Some(Ok(start)));
        }
        match self.error.take() {
            Some(error) => Poll::Ready(Some(Err(error))),
            None => Pin::new(&mut self.rest).poll_next(context),
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
#[derive(Debug, thiserror::Error)]
#[error("the body ended early: {0}")]
pub(super) struct BodyError(String);
