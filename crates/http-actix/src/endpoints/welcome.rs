//! `GET /`: an HTML page with links for browsers, and a JSON message for other clients.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, HeaderValue},
    mime,
};
use paperclip::actix::api_v2_operation;
use serde_json::json;

use super::static_content::StaticContent;
use crate::{error::ApiError, media_type, request::TagConditions};

/// The content security policy of the page. It allows inline styles and `data:` images only.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

static MESSAGE: LazyLock<StaticContent> = LazyLock::new(|| {
    let body = json!({ "message": "Welcome to the Blog API" });
    StaticContent::new(mime::APPLICATION_JSON, body.to_string())
});

static PAGE: LazyLock<StaticContent> = LazyLock::new(|| {
    StaticContent::new(mime::TEXT_HTML_UTF_8, include_str!("../../assets/welcome/index.html"))
});

#[api_v2_operation(skip)]
pub(crate) async fn welcome(
    request: HttpRequest,
    conditions: TagConditions,
) -> Result<HttpResponse, ApiError> {
    if !media_type::prefers(&request, mime::TEXT_HTML.essence_str()) {
        return MESSAGE.respond(&conditions);
    }
    let mut response = PAGE.respond(&conditions)?;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    Ok(response)
}
