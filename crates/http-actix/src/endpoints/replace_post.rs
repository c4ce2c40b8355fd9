//! `PUT /api/posts/{post_id}`: replace a post's text.

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
        Flag, JsonBody, NoParameters, Optional, Payload, PostIdInPath, Problems, Query, Required,
        UnknownFields, WriteConditions,
    },
    representation::OnePost,
    scope::SCOPE,
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
        let title = self.title.read("title", Title::new, problems);
        let content = self.content.read("content", Content::new, problems);
        let published = self.published.read("published", |Flag(flag)| Ok(flag), problems);
        Some(PostChanges { title: Some(title?), content: Some(content?), published })
    }
}

/// Replace a post
///
/// Title and content are replaced; `published` stays as it is unless it is given.
#[api_v2_operation(operation_id = "replacePost", tags("posts"))]
pub(crate) async fn replace_post(
    posts: web::Data<PostService>,
    post_id: PostIdInPath,
    _: Query<NoParameters>,
    conditions: WriteConditions,
    body: JsonBody<ReplacePost>,
) -> Result<OnePost, ApiError> {
    let precondition = conditions.precondition()?;
    Ok(OnePost(posts.update(post_id.id()?, SCOPE, body.0, precondition).await?))
}

pub(super) fn documentation() -> Value {
    change::documentation(&Method::PUT, Failure::UnsupportedMediaType, &examples::sent())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> (Option<PostChanges>, Problems) {
        let mut problems = Problems::default();
        let payload: ReplacePost = serde_json::from_value(body).unwrap();
        (payload.read(&mut problems), problems)
    }

    #[test]
    fn published_is_no_change_unless_it_is_given() {
        for (sent, expected) in [(None, None), (Some(true), Some(true)), (Some(false), Some(false))]
        {
            let mut body = json!({ "title": "A title", "content": "Some content" });
            if let Some(published) = sent {
                body["published"] = json!(published);
            }

            let (changes, problems) = read(body);

            assert_eq!((changes.unwrap().published, problems.is_empty()), (expected, true));
        }
    }

    #[test]
    fn title_and_content_have_to_be_there() {
        for missing in ["title", "content"] {
            let mut body = json!({ "title": "A title", "content": "Some content" });
            body.as_object_mut().unwrap().remove(missing);

            let (changes, problems) = read(body);

            assert_eq!(changes, None);
            assert_eq!(problems.by_field().keys().collect::<Vec<_>>(), [missing]);
        }
    }
}
