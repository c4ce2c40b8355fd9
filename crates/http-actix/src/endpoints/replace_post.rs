//! `PUT /api/posts/{post_id}`: replace a post.

use actix_web::web;
use domain::{PostChanges, PostService};
use paperclip::{
    actix::api_v2_operation,
    v2::{models::DefaultSchemaRaw, schema::Apiv2Schema},
};

use super::update_documentation;
use crate::{
    documentation::{Body, Operation},
    error::ApiError,
    media_type::Accepted,
    problems::Problems,
    request::{
        Caller, JsonBody, NoParameters, Object, Payload, PostIdPath, Presence, Query,
        WriteConditions, post_fields,
    },
    response::OnePost,
};

/// The body that replaces a post.
pub(crate) struct ReplacePost;

impl Payload for ReplacePost {
    type Value = PostChanges;

    fn read(object: &mut Object<'_>, problems: &mut Problems) -> Option<PostChanges> {
        Some(post_fields::read(object, Presence::Required, problems))
    }
}

impl Apiv2Schema for ReplacePost {
    fn raw_schema() -> DefaultSchemaRaw {
        post_fields::schema(
            "ReplacePost",
            "The new title and content of a post, and optionally `published`.",
            Presence::Required,
        )
    }
}

/// Replace a post
///
/// Replaces title and content. An optional field stays unchanged if it is absent.
#[api_v2_operation(operation_id = "replacePost", tags("posts"))]
pub(crate) async fn replace_post(
    posts: web::Data<PostService>,
    Caller(viewer): Caller,
    post_id: PostIdPath,
    _: Query<NoParameters>,
    conditions: WriteConditions,
    body: JsonBody<ReplacePost>,
) -> Result<OnePost, ApiError> {
    let precondition = conditions.precondition()?;
    Ok(OnePost::with_all_fields(posts.update(post_id.id()?, viewer, body.0, precondition).await?))
}

pub(crate) fn documentation() -> Operation {
    let body = Body { example: post_fields::example(), ..Body::default() };
    update_documentation::documentation(Accepted::Json, body)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &Value) -> (Option<PostChanges>, Problems) {
        let (mut problems, body) = (Problems::default(), body.to_string());
        let mut object = Object::parse(body.as_bytes()).unwrap();
        (ReplacePost::read(&mut object, &mut problems), problems)
    }

    #[test]
    fn an_absent_published_is_not_changed() {
        for (sent, expected) in [(None, None), (Some(true), Some(true)), (Some(false), Some(false))]
        {
            let mut body = json!({ "title": "A title", "content": "Some content" });
            if let Some(published) = sent {
                body["published"] = json!(published);
            }

            let (changes, problems) = read(&body);

            assert_eq!((changes.unwrap().published, problems.is_empty()), (expected, true));
        }
    }

    #[test]
    fn title_and_content_are_required() {
        for missing in ["title", "content"] {
            let mut body = json!({ "title": "A title", "content": "Some content" });
            body.as_object_mut().unwrap().remove(missing);

            let (changes, problems) = read(&body);

            assert_eq!(changes.unwrap().published, None);
            assert_eq!(problems.by_field().keys().collect::<Vec<_>>(), [missing]);
        }
    }
}
