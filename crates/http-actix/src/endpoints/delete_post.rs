//! `DELETE /api/posts/{post_id}`: delete a post.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::StatusCode, web};
use domain::{PostError, PostService, Version};
use paperclip::actix::{NoContent, api_v2_operation};

use crate::{
    documentation::{Operation, Response, documented_as},
    error::ApiError,
    problems::{Invalid, MESSAGE_UNKNOWN, Part},
    request::{Caller, NoParameters, PostIdPath, Query, WriteConditions},
};

/// Delete a post
///
/// The post cannot be restored.
#[api_v2_operation(operation_id = "deletePost", tags("posts"))]
pub(crate) async fn delete_post(
    posts: web::Data<PostService>,
    Caller(viewer): Caller,
    post_id: PostIdPath,
    _: Query<NoParameters>,
    conditions: WriteConditions,
) -> Result<Deleted, ApiError> {
    let precondition = conditions.precondition()?;
    posts.delete(post_id.id()?, viewer, precondition).await?;
    Ok(Deleted)
}

/// The response to a delete: a 204 without a body.
pub(crate) struct Deleted;

impl Responder for Deleted {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

documented_as!(Deleted: NoContent);

pub(crate) fn documentation() -> Operation {
    Operation {
        parameters: vec![
            PostIdPath::documentation(),
            WriteConditions::documentation(),
            Query::<NoParameters>::documentation(),
        ],
        responses: vec![Response {
            status: StatusCode::NO_CONTENT,
            description: "The post was deleted.",
            ..Response::default()
        }],
        failures: vec![
            ApiError::NotFound,
            PostError::PreconditionFailed { current: Version::FIRST }.into(),
            ApiError::Invalid(Invalid::one(Part::Query, "unknown", MESSAGE_UNKNOWN)),
            ApiError::PreconditionRequired,
        ],
        ..Operation::default()
    }
}
