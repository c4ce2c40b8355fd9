//! `HEAD` wherever there is `GET`.

use actix_web::{
    Error,
    body::{self, BodySize, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};

/// Routes a `HEAD` as the `GET` it stands for, so that the two cannot differ (RFC 9110, section
/// 9.3.2). The server leaves the body out by itself: it goes by the method it has read. Of a body
/// that is made while it is sent nothing is made.
pub(crate) async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, body::None>>, Error> {
    let is_head = request.method() == Method::HEAD;
    if is_head {
        request.head_mut().method = Method::GET;
    }
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| match body.size() {
        BodySize::Stream if is_head => EitherBody::right(body::None::new()),
        _ => EitherBody::left(body),
    }))
}
