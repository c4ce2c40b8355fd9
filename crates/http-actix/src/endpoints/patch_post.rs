//! `PATCH /api/posts/{post_id}`: change some fields of a post.

use actix_web::web;
use domain::{PostChanges, PostService};
use paperclip::{
    actix::api_v2_operation,
    v2::{models::DefaultSchemaRaw, schema::Apiv2Schema},
};
use serde_json::json;

use super::update_documentation;
use crate::{
    documentation::{Body, Operation},
    error::ApiError,
    examples,
    media_type::Accepted,
    problems::Problems,
    request::{
        Caller, JsonBody, NoParameters, Object, Payload, PostIdPath, Presence, Query,
        WriteConditions, post_fields,
    },
    response::OnePost,
};

/// The fields to change, as a JSON Merge Patch (RFC 7396).
pub(crate) struct PatchPost;

impl Payload for PatchPost {
    const ACCEPTED: Accepted = Accepted::MergePatch;

    type Value = PostChanges;

    fn read(object: &mut Object<'_>, problems: &mut Problems) -> Option<PostChanges> {
        Some(post_fields::read(object, Presence::Optional, problems))
    }
}

impl Apiv2Schema for PatchPost {
    fn raw_schema() -> DefaultSchemaRaw {
        post_fields::schema(
            "PatchPost",
            "The fields of a post to change: a JSON Merge Patch (RFC 7396).",
            Presence::Optional,
        )
    }
}

/// Change a post
///
/// Replaces the fields in the body. Absent fields stay unchanged.
#[api_v2_operation(operation_id = "patchPost", tags("posts"))]
pub(crate) async fn patch_post(
    posts: web::Data<PostService>,
    Caller(viewer): Caller,
    post_id: PostIdPath,
    _: Query<NoParameters>,
    conditions: WriteConditions,
    body: JsonBody<PatchPost>,
) -> Result<OnePost, ApiError> {
    let precondition = conditions.precondition()?;
    Ok(OnePost::with_all_fields(posts.update(post_id.id()?, viewer, body.0, precondition).await?))
}

pub(crate) fn documentation() -> Operation {
    let types = Accepted::MergePatch.types().join("` or `");
    let body = Body {
        description: Some(format!(
            "A JSON Merge Patch (RFC 7396). `Content-Type` can be `{types}`."
        )),
        example: json!({ "title": examples::TITLE }),
        ..Body::default()
    };
    update_documentation::documentation(Accepted::MergePatch, body)
}

#[cfg(test)]
mod tests {
    use domain::{Content, Title};
    use serde_json::Value;

    use super::*;

    fn read(body: &Value) -> (Option<PostChanges>, Problems) {
        let (mut problems, body) = (Problems::default(), body.to_string());
        let mut object = Object::parse(body.as_bytes()).unwrap();
        (PatchPost::read(&mut object, &mut problems), problems)
    }

    #[test]
    fn absent_fields_are_not_changed() {
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
            let (changes, problems) = read(&body);

            assert_eq!((changes, problems.is_empty()), (Some(expected), true));
        }
    }

    #[test]
    fn a_required_field_cannot_be_cleared() {
        let (_, problems) = read(&json!({ "title": null, "content": null, "published": null }));

        for (field, messages) in problems.by_field() {
            assert_eq!(messages, &["Field may not be null."], "{field}");
        }
        assert_eq!(problems.by_field().len(), 3);
    }
}
