//! `PUT /api/posts/{post_id}`: replace a post's text.

use actix_web::{http::Method, web};
use domain::{Content, PostChanges, PostService, Title};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::ApiError,
    openapi::{Failure, examples, operation},
    payload::{Flag, JsonBody, Optional, Payload, PostIdInPath, Problems, Required, UnknownFields},
    representation::PostRepresentation,
    routes,
};

/// What replaces a post's text.
#[derive(Deserialize, Apiv2Schema)]
pub(crate) struct ReplacePost {
    #[serde(default)]
    title: Required<String>,
    #[serde(default)]
    content: Required<String>,
    #[serde(default)]
    published: Optional<Flag>,
    #[serde(flatten)]
    unknown: UnknownFields,
}

impl Payload for ReplacePost {
    type Value = PostChanges;

    fn read(self, problems: &mut Problems) -> Option<PostChanges> {
        self.unknown.report(problems);
        Some(PostChanges {
            title: self.title.read("title", Title::new, problems),
            content: self.content.read("content", Content::new, problems),
            published: self.published.read("published", |Flag(flag)| Ok(flag), problems),
        })
    }
}

/// Replace a post
///
/// Title and content are replaced. `published` stays as it is unless it is given: replacing the
/// text of a draft does not publish it.
#[api_v2_operation(operation_id = "replacePost", tags("posts"))]
pub(crate) async fn replace_post(
    posts: web::Data<PostService>,
    post_id: PostIdInPath,
    body: JsonBody<ReplacePost>,
) -> Result<web::Json<PostRepresentation>, ApiError> {
    let post = posts.update(post_id.id()?, body.0).await?;
    Ok(web::Json(post.into()))
}

pub(super) fn documentation() -> Value {
    operation(
        routes::POST,
        &Method::PUT,
        &[
            Failure::MalformedBody,
            Failure::NotFound,
            Failure::BodyTooSlow,
            Failure::BodyTooLong,
            Failure::UnsupportedMediaType,
            Failure::InvalidBody,
        ],
        json!({
            "parameters": PostIdInPath::documentation(),
            "requestBody": { "content": { "application/json": { "example": examples::sent() } } },
            "responses": { "200": {
                "description": "The post, as it is now.",
                "content": { "application/json": { "example": examples::answered() } },
            }},
        }),
    )
}
