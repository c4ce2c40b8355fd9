//! Which content codings an answer can get.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{ACCEPT_ENCODING, AcceptEncoding, Encoding, Header as _},
    middleware::Next,
};

/// Who takes none of ours is answered in plain bytes, and not refused by the compression behind this:
/// RFC 9110, section 12.5.3, leaves that open, and a client can do more with it.
pub(crate) async fn content_coding(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let offered = [Encoding::identity(), Encoding::brotli(), Encoding::gzip(), Encoding::zstd()];
    let accepted = AcceptEncoding::parse(&request);
    if accepted.is_ok_and(|accepted| accepted.negotiate(offered.iter()).is_none()) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    next.call(request).await
}
