//! `GET /api/posts/{post_id}`: one post.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        Method,
        header::{ETag, EntityTag},
    },
    web,
};
use domain::{Post, PostService};
use paperclip::actix::api_v2_operation;
use serde_json::{Value, json};

use crate::{
    error::ApiError,
    openapi::{Failure, Header, documented_as, examples, headers, not_modified, operation},
    payload::{NoParameters, PostIdInPath, Query, ReadConditions},
    representation::OnePost,
    routes,
    scope::SCOPE,
};

/// Get a post
///
/// The post of that id.
#[api_v2_operation(operation_id = "getPost", tags("posts"))]
pub(crate) async fn get_post(
    posts: web::Data<PostService>,
    post_id: PostIdInPath,
    _: Query<NoParameters>,
    conditions: ReadConditions,
) -> Result<Read, ApiError> {
    let post = posts.get(post_id.id()?, SCOPE).await?;
    Ok(match conditions.known(&post)? {
        Some(tag) => Read::NotModified(post, tag),
        None => Read::Post(post),
    })
}

/// What a reader is sent.
pub(crate) enum Read {
    /// The post.
    Post(Post),
    /// That it has the post already, under this tag.
    NotModified(Post, EntityTag),
}

impl Responder for Read {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Post(post) => OnePost(post).respond_to(request),
            Self::NotModified(post, tag) => {
                let mut response = HttpResponse::NotModified();
                OnePost::add_headers(&mut response, &post);
                response.insert_header(ETag(tag)).finish()
            }
        }
    }
}

documented_as!(Read: OnePost);

pub(super) fn documentation() -> Value {
    operation(
        routes::ONE_POST,
        &Method::GET,
        &[Failure::NotFound, Failure::PreconditionFailed, Failure::InvalidQuery],
        json!({
            "parameters": [
                PostIdInPath::documentation(),
                ReadConditions::documentation(),
                Query::<NoParameters>::documentation(),
            ],
            "responses": {
                "200": {
                    "description": "The post.",
                    "headers": headers(&[Header::ETag, Header::LastModified, Header::CacheControl]),
                    "content": { "application/json": { "example": examples::answered() } },
                },
                "304": not_modified(&[Header::ETag, Header::LastModified, Header::CacheControl]),
            },
        }),
    )
}
