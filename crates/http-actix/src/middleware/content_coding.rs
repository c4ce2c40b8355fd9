//! Decides which responses actix-web's `Compress` middleware compresses.

use actix_web::{
    body::{BodySize, MessageBody as _},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        ACCEPT_ENCODING, AcceptEncoding, CONTENT_ENCODING, Encoding, Header as _, HeaderMap,
        HeaderValue,
    },
};

/// The minimum length of a body that is compressed, in bytes.
///
/// A shorter body fits into one packet without compression.
const MIN_BYTES: u64 = 512;

const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Lets `Compress` send an uncompressed body to a client that accepts no content coding of this
/// server.
///
/// `Compress` would respond with an error. RFC 9110, section 12.5.3, allows both responses.
pub(super) fn allow_identity(request: &mut ServiceRequest) {
    let offered = [Encoding::identity(), Encoding::brotli(), Encoding::gzip(), Encoding::zstd()];
    let accepted = AcceptEncoding::parse(request);
    if accepted.is_ok_and(|accepted| accepted.negotiate(offered.iter()).is_none()) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
}

/// Prevents the compression of a short body. `Compress` does not compress a response that has a
/// `Content-Encoding`.
pub(super) fn keep_short(response: &mut ServiceResponse) {
    let is_short = matches!(response.response().body().size(), BodySize::Sized(..MIN_BYTES));
    if is_short && !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().insert(CONTENT_ENCODING, IDENTITY);
    }
}

/// Removes the `Content-Encoding` that [`keep_short`] adds.
pub(super) fn remove_identity(headers: &mut HeaderMap) {
    if headers.get(CONTENT_ENCODING) == Some(&IDENTITY) {
        headers.remove(CONTENT_ENCODING);
    }
}
