//! `PATCH /api/posts/{post_id}`: change some of a post.

use actix_web::{http::Method, web};
use domain::{Content, PostChanges, PostService, Title};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::Deserialize;
use serde_json::Value;

use super::change;
use crate::{
    error::ApiError,
    openapi::{Failure, examples},
    payload::{
        Accepted, Flag, JsonBody, NoParameters, Optional, Payload, PostIdInPath, Problems, Query,
        UnknownFields, WriteConditions,
    },
    representation::OnePost,
    scope::SCOPE,
};

/// What is to be other than before: a JSON Merge Patch (RFC 7396).
#[derive(Deserialize, Apiv2Schema)]
pub(crate) struct PatchPost {
    #[serde(default)]
    title: Optional<String>,
    #[serde(default)]
    content: Optional<String>,
    #[serde(default)]
    published: Optional<Flag>,
    #[serde(flatten)]
    unknown: UnknownFields,
}

impl Payload for PatchPost {
    const ACCEPTED: Accepted = Accepted::MergePatch;

    type Value = PostChanges;

    fn read(self, problems: &mut Problems) -> Option<PostChanges> {
        self.unknown.report(problems);
        let title = self.title.read("title", Title::new, problems);
        let content = self.content.read("content", Content::new, problems);
        let published = self.published.read("published", |Flag(flag)| Ok(flag), problems);
        Some(PostChanges { title, content, published })
    }
}

/// Change a post
///
/// What is given is replaced; what is left out stays as it is.
#[api_v2_operation(operation_id = "patchPost", tags("posts"))]
pub(crate) async fn patch_post(
    posts: web::Data<PostService>,
    post_id: PostIdInPath,
    _: Query<NoParameters>,
    conditions: WriteConditions,
    body: JsonBody<PatchPost>,
) -> Result<OnePost, ApiError> {
    let precondition = conditions.precondition()?;
    Ok(OnePost(posts.update(post_id.id()?, SCOPE, body.0, precondition).await?))
}

pub(super) fn documentation() -> Value {
    change::documentation(&Method::PATCH, Failure::UnsupportedPatchType, &examples::patch())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> (Option<PostChanges>, Problems) {
        let mut problems = Problems::default();
        let payload: PatchPost = serde_json::from_value(body).unwrap();
        (payload.read(&mut problems), problems)
    }

    #[test]
    fn what_is_left_out_is_no_change() {
        for (body, expected) in [
            (json!({}), PostChanges::default()),
            (
                json!({ "title": "New" }),
                PostChanges { title: Some(Title::new("New").unwrap()), ..Default::default() },
            ),
            (
                json!({ "content": "0123456789" }),
                PostChanges {
                    content: Some(Content::new("0123456789").unwrap()),
                    ..Default::default()
                },
            ),
            (
                json!({ "published": false }),
                PostChanges { published: Some(false), ..Default::default() },
            ),
        ] {
            let (changes, problems) = read(body);

            assert_eq!((changes, problems.is_empty()), (Some(expected), true));
        }
    }

    #[test]
    fn no_field_can_be_taken_away() {
        let (_, problems) = read(json!({ "title": null, "content": null, "published": null }));

        for (field, messages) in problems.by_field() {
            assert_eq!(messages, &["Field may not be null."], "{field}");
        }
        assert_eq!(problems.by_field().len(), 3);
    }
}
