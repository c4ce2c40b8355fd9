//! What is answered at every path that there is not.

use actix_web::HttpResponse;

use crate::error::ApiError;

pub(crate) async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound)
}
