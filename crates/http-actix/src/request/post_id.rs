//! The post id in a path.

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

use crate::{error::ApiError, examples, paths};

/// Extracts the post id from the path.
///
/// An invalid id is not an error until [`Self::id`] is called, so that an invalid body is reported
/// first.
pub(crate) struct PostIdPath(Option<PostId>);

impl PostIdPath {
    /// Returns the id.
    ///
    /// # Errors
    ///
    /// [`ApiError::NotFound`] if the path does not contain a UUID.
    pub(crate) fn id(&self) -> Result<PostId, ApiError> {
        self.0.ok_or(ApiError::NotFound)
    }

    /// Returns the documentation that paperclip does not generate for this parameter.
    pub(crate) fn documentation() -> Value {
        json!({ paths::POST_ID: { "description": "The post's id.", "example": examples::ID } })
    }
}

impl FromRequest for PostIdPath {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(request.match_info().get(paths::POST_ID).and_then(|text| text.parse().ok()))))
    }
}

impl Apiv2Schema for PostIdPath {}

/// Documents the id as a UUID path parameter.
impl OperationModifier for PostIdPath {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        web::Path::<Uuid>::update_parameter(operation);
    }
}
