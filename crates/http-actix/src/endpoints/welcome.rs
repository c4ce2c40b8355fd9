//! `GET /`: shows that the API is there.

use std::sync::LazyLock;

use actix_web::{HttpResponse, mime};
use paperclip::actix::api_v2_operation;
use serde_json::json;

use super::static_content::StaticContent;
use crate::{error::ApiError, request::TagConditions};

static WELCOME: LazyLock<StaticContent> = LazyLock::new(|| {
    let body = json!({ "message": "Welcome to the Blog API" });
    StaticContent::new(mime::APPLICATION_JSON, body.to_string())
});

#[api_v2_operation(skip)]
pub(crate) async fn welcome(conditions: TagConditions) -> Result<HttpResponse, ApiError> {
    WELCOME.respond(&conditions)
}
