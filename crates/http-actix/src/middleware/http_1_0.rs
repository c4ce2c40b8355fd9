//! Clients, and some proxies, that speak HTTP/1.0.

use actix_web::{
    Error,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{ConnectionType, Version},
    middleware::Next,
};

/// Ends a body of unknown length with the connection: such a client knows no chunks (RFC 9112, section
/// 6.1).
pub(crate) async fn http_1_0(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let knows_chunks = request.version() > Version::HTTP_10;
    let response = next.call(request).await?;
    Ok(response.map_body(|head, body| {
        if !knows_chunks && body.size() == BodySize::Stream {
            head.no_chunking(true);
            head.set_connection_type(ConnectionType::Close);
        }
        body
    }))
}
