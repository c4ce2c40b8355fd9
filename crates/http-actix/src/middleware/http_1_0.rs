//! Support for HTTP/1.0 clients and proxies.

use actix_web::{
    Error,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{ConnectionType, Version},
    middleware::Next,
};

/// Closes the connection after a streamed body, because HTTP/1.0 has no chunked transfer coding.
///
/// See RFC 9112, section 6.1.
pub(crate) async fn http_1_0(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let supports_chunked = request.version() > Version::HTTP_10;
    let response = next.call(request).await?;
    Ok(response.map_body(|head, body| {
        if !supports_chunked && body.size() == BodySize::Stream {
            head.no_chunking(true);
            head.set_connection_type(ConnectionType::Close);
        }
        body
    }))
}
