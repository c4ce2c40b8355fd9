//! Which responses are compressed: this is the part around actix-web's own compression.

use actix_web::{
    Error,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        ACCEPT_ENCODING, AcceptEncoding, CONTENT_ENCODING, Encoding, Header as _, HeaderValue,
    },
    middleware::Next,
};

/// The shortest body that is compressed, in bytes. Compression saves little of a shorter one, which
/// fits into one packet either way.
const MIN_BYTES: u64 = 512;

const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Outside the compression: sends plain bytes to a client that accepts no coding of this server,
/// instead of the error that the compression would make of it. RFC 9110, section 12.5.3, allows both.
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

/// Inside the compression: keeps it from short bodies. It leaves alone what has a coding.
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
