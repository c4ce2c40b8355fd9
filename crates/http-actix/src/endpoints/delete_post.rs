//! `DELETE /api/posts/{post_id}`: remove a post.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::Method, web};
use domain::PostService;
use paperclip::actix::{NoContent, api_v2_operation};
use serde_json::{Value, json};

use crate::{
    error::ApiError,
    openapi::{Failure, documented_as, operation},
    payload::{NoParameters, PostIdInPath, Query, WriteConditions},
    routes,
    scope::SCOPE,
};

/// Delete a post
///
/// The post of that id is gone for good.
#[api_v2_operation(operation_id = "deletePost", tags("posts"))]
pub(crate) async fn delete_post(
    posts: web::Data<PostService>,
    post_id: PostIdInPath,
    _: Query<NoParameters>,
    conditions: WriteConditions,
) -> Result<Deleted, ApiError> {
    let precondition = conditions.precondition()?;
    posts.delete(post_id.id()?, SCOPE, precondition).await?;
    Ok(Deleted)
}

/// A post that was removed: nothing, not even a type of nothing.
pub(crate) struct Deleted;

impl Responder for Deleted {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

documented_as!(Deleted: NoContent);

pub(super) fn documentation() -> Value {
    operation(
        routes::ONE_POST,
        &Method::DELETE,
        &[
            Failure::NotFound,
            Failure::PreconditionFailed,
            Failure::InvalidQuery,
            Failure::PreconditionRequired,
        ],
        json!({
            "parameters": [
                PostIdInPath::documentation(),
                WriteConditions::documentation(),
                Query::<NoParameters>::documentation(),
            ],
            "responses": { "204": { "description": "The post is gone." } },
        }),
    )
}
