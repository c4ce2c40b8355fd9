//! `GET /`: a sign of life.

use actix_web::web;
use paperclip::actix::api_v2_operation;
use serde_json::{Value, json};

#[api_v2_operation(skip)]
pub(crate) async fn welcome() -> web::Json<Value> {
    web::Json(json!({ "message": "Welcome to the Blog API" }))
}
