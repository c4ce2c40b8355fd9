//! Converts a request of hyper to one of actix-web.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_http::{BoxedPayloadStream, Payload, Request, error::PayloadError};
use actix_web::{
    http::{
        Method, Uri, Version,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use futures_core::Stream;
use http::header::HOST;
use http_body::Body as _;
use hyper::body::Incoming;

/// To reuse a connection, the server discards the unread rest of a body, up to about this many
/// bytes. If the rest is longer, it is cheaper to close the connection.
const MAX_DISCARDED_BYTES: usize = 64 << 10;

/// Returns the request for the application. Returns `None` if the types of actix-web cannot
/// represent the request, or if an HTTP/1.1 request does not have exactly one `Host` (RFC 9112,
/// section 3.2).
pub(super) fn to_actix(
    head: http::request::Parts,
    body: &RequestBody,
    peer: SocketAddr,
) -> Option<Request> {
    if head.version == http::Version::HTTP_11 && head.headers.get_all(HOST).iter().count() != 1 {
        return None;
    }
    let payload = if body.is_at_end() {
        Payload::None
    } else {
        let stream: BoxedPayloadStream = Box::pin(body.clone());
        Payload::from(stream)
    };
    let mut request = Request::with_payload(payload);
    let converted = request.head_mut();
    converted.method = Method::from_bytes(head.method.as_str().as_bytes()).ok()?;
    converted.uri = match (head.uri.authority(), head.uri.path_and_query()) {
        (None, Some(path)) => Uri::try_from(path.as_str()).ok()?,
        _ => Uri::try_from(head.uri.to_string()).ok()?,
    };
    converted.version = match head.version {
        http::Version::HTTP_10 => Version::HTTP_10,
        _ => Version::HTTP_11,
    };
    converted.peer_addr = Some(peer);
    copy_headers(&head.headers, &mut converted.headers)?;
    Some(request)
}

fn copy_headers(from: &http::HeaderMap, to: &mut HeaderMap) -> Option<()> {
    for (name, value) in from {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        to.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    Some(())
}

/// The body of a request, as a stream of chunks for the application. Trailer fields are skipped.
#[derive(Clone)]
pub(super) struct RequestBody(Rc<RefCell<Incoming>>);

impl RequestBody {
    pub(super) fn new(body: Incoming) -> Self {
        Self(Rc::new(RefCell::new(body)))
    }

    /// Returns whether the whole body was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.borrow().is_end_stream()
    }

    /// Discards the part of the body that has already arrived, up to about [`MAX_DISCARDED_BYTES`].
    /// Returns whether the body has then been read to its end.
    pub(super) async fn discard(mut self) -> bool {
        let mut discarded = 0;
        poll_fn(|context| {
            while discarded < MAX_DISCARDED_BYTES {
                match Pin::new(&mut self).poll_next(context) {
                    Poll::Ready(None) => return Poll::Ready(true),
                    Poll::Ready(Some(Ok(data))) => discarded += data.len(),
                    Poll::Ready(Some(Err(_))) | Poll::Pending => break,
                }
            }
            Poll::Ready(self.is_at_end())
        })
        .await
    }
}

impl Stream for RequestBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.borrow_mut();
        loop {
            let frame = match ready!(Pin::new(&mut *body).poll_frame(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    let error = PayloadError::Incomplete(Some(io::Error::other(error)));
                    return Poll::Ready(Some(Err(error)));
                }
                Some(Ok(frame)) => frame,
            };
            if let Ok(data) = frame.into_data() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }
}
