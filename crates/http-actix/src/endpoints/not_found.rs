//! The response for every path without a route.

use actix_web::HttpResponse;

use crate::error::ApiError;

pub(crate) async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound)
}
