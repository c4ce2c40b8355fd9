//! The id of a post in a path.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev, web};
use domain::PostId;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{error::ApiError, openapi::examples, routes};

/// Extracts a post's id. What is no id names no post, and names it only when the post is asked
/// for: a body is validated before that.
pub(crate) struct PostIdInPath(Option<PostId>);

impl PostIdInPath {
    /// The id.
    ///
    /// # Errors
    ///
    /// [`ApiError::NotFound`] when the path has none.
    pub(crate) fn id(&self) -> Result<PostId, ApiError> {
        self.0.ok_or(ApiError::NotFound)
    }

    /// What the OpenAPI document says of it, beyond what is generated.
    pub(crate) fn documentation() -> Value {
        json!({ routes::POST_ID: { "description": "The post's id.", "example": examples::ID } })
    }
}

impl FromRequest for PostIdInPath {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(
            request.match_info().get(routes::POST_ID).and_then(|text| text.parse().ok()),
        )))
    }
}

impl Apiv2Schema for PostIdInPath {}

/// Documented as what a plain UUID in the path would be.
impl OperationModifier for PostIdInPath {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        web::Path::<Uuid>::update_parameter(operation);
    }
}
