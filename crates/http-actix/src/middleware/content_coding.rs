//! Decides which responses actix-web's `Compress` middleware compresses.

use actix_web::{
    Error,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        ACCEPT_ENCODING, AcceptEncoding, CONTENT_ENCODING, Encoding, Header as _, HeaderValue,
    },
    middleware::Next,
};

/// The minimum length of a body that is compressed, in bytes.
///
/// A shorter body fits into one packet without compression.
const MIN_BYTES: u64 = 512;

const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Sends an uncompressed body to a client that accepts no content coding of this server.
///
/// Runs outside `Compress`, which would respond with an error. RFC 9110, section 12.5.3, allows
/// both responses. Also removes the `Content-Encoding` that [`short_bodies`] adds.
pub(crate) async fn content_coding(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let offered = [Encoding::identity(), Encoding::brotli(), Encoding::gzip(), Encoding::zstd()];
    let accepted = AcceptEncoding::parse(&request);
    if accepted.is_ok_and(|accepted| accepted.negotiate(offered.iter()).is_none()) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    let mut response = next.call(request).await?;
    if response.headers().get(CONTENT_ENCODING) == Some(&IDENTITY) {
        response.headers_mut().remove(CONTENT_ENCODING);
    }
    Ok(response)
}

/// Prevents the compression of short bodies.
///
/// Runs inside `Compress`, which does not compress a response that has a `Content-Encoding`.
pub(crate) async fn short_bodies(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let is_short = matches!(response.response().body().size(), BodySize::Sized(..MIN_BYTES));
    if is_short && !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().insert(CONTENT_ENCODING, IDENTITY);
    }
    Ok(response)
}
