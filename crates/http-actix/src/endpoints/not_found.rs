//! The response on every path that does not exist.

use actix_web::HttpResponse;

use crate::error::ApiError;

pub(crate) async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound)
}
