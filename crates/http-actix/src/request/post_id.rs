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

use crate::{error::ApiError, examples, paths};

/// Extracts a post's id. A text that is not an id is an error only when the id is asked for: the
/// body is validated before that.
pub(crate) struct PostIdPath(Option<PostId>);

impl PostIdPath {
    /// The id.
    ///
    /// # Errors
    ///
    /// [`ApiError::NotFound`] when the path has none.
    pub(crate) fn id(&self) -> Result<PostId, ApiError> {
        self.0.ok_or(ApiError::NotFound)
    }

    /// What the OpenAPI document says about it, beyond what is generated.
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

/// Documented as a plain UUID in the path.
impl OperationModifier for PostIdPath {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        web::Path::<Uuid>::update_parameter(operation);
    }
}
