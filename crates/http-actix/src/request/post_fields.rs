//! The fields of a post that a client sends: one list for POST, PUT and PATCH.

use domain::{Content, NewPost, PostChanges, Title};
use paperclip::actix::Apiv2Schema;
use paperclip::v2::{models::DefaultSchemaRaw, schema::Apiv2Schema as _};
use serde_json::{Value, json};

use super::{Flag, Object, Presence};
use crate::{examples, problems::Problems};

/// The names and types of the fields, as the OpenAPI document has them. An `Option` is a field that no
/// body has to have.
#[derive(Apiv2Schema)]
#[allow(dead_code, reason = "the document is generated from it")]
struct PostFields {
    title: String,
    content: String,
    published: Option<bool>,
}

/// Reads the fields. `required` says whether those that a post cannot be without may be absent.
pub(crate) fn read(
    object: &mut Object<'_>,
    required: Presence,
    problems: &mut Problems,
) -> PostChanges {
    PostChanges {
        title: object.take::<String, _>("title", required, Title::new, problems),
        content: object.take::<String, _>("content", required, Content::new, problems),
        published: object.take("published", Presence::Optional, |Flag(flag)| Ok(flag), problems),
    }
}

/// The new post that has these fields. `None` when a field is absent that a post cannot be without.
pub(crate) fn new_post(fields: PostChanges) -> Option<NewPost> {
    let PostChanges { title, content, published } = fields;
    let post = NewPost::new(title?, content?);
    Some(NewPost { published: published.unwrap_or(post.published), ..post })
}

/// The schema of a body with these fields.
pub(crate) fn schema(name: &str, description: &str, required: Presence) -> DefaultSchemaRaw {
    let mut schema = PostFields::raw_schema();
    schema.name = Some(name.to_owned());
    schema.description = Some(description.to_owned());
    if required == Presence::Optional {
        schema.required.clear();
    }
    schema
}

/// The names of the fields.
pub(crate) fn names() -> Vec<String> {
    PostFields::raw_schema().properties.into_keys().collect()
}

/// An example of a body.
pub(crate) fn example() -> Value {
    json!({ "content": examples::CONTENT, "published": true, "title": examples::TITLE })
}
