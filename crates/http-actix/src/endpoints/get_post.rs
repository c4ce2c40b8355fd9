//! `GET /api/posts/{post_id}`: one post.

use actix_web::{http::Method, web};
use domain::PostService;
use paperclip::actix::api_v2_operation;
use serde_json::{Value, json};

use crate::{
    error::ApiError,
    openapi::{Failure, examples, operation},
    payload::PostIdInPath,
    representation::PostRepresentation,
    routes,
};

/// Get a post
///
/// The post of that id.
#[api_v2_operation(operation_id = "getPost", tags("posts"))]
pub(crate) async fn get_post(
    posts: web::Data<PostService>,
    post_id: PostIdInPath,
) -> Result<web::Json<PostRepresentation>, ApiError> {
    let post = posts.get(post_id.id()?).await?;
    Ok(web::Json(post.into()))
}

pub(super) fn documentation() -> Value {
    operation(
        routes::ONE_POST,
        &Method::GET,
        &[Failure::NotFound],
        json!({
            "parameters": PostIdInPath::documentation(),
            "responses": { "200": {
                "description": "The post.",
                "content": { "application/json": { "example": examples::answered() } },
            }},
        }),
    )
}
