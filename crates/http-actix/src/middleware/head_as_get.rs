//! Handles `HEAD` as `GET`.

use actix_web::{
    Error,
    body::{BodySize, BodyStream, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Bytes,
};
use futures_util::stream;

/// Routes a `HEAD` request to the handler of `GET` (RFC 9110, section 9.3.2).
///
/// actix-web omits the body of the response, because it has stored the original method. A streamed
/// body is replaced by an empty stream, so that no more posts are read from the store.
pub(crate) async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BodyStream<Empty>>>, Error> {
    let is_head = request.method() == Method::HEAD;
    if is_head {
        request.head_mut().method = Method::GET;
    }
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| match body.size() {
        BodySize::Stream if is_head => EitherBody::right(BodyStream::new(stream::empty())),
        _ => EitherBody::left(body),
    }))
}

/// A stream without chunks.
type Empty = stream::Empty<Result<Bytes, Error>>;
