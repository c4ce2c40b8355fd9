//! The fields of a post in a request body, shared by POST, PUT and PATCH.

use domain::{Content, NewPost, PostChanges, Title};
use paperclip::actix::Apiv2Schema;
use paperclip::v2::{models::DefaultSchemaRaw, schema::Apiv2Schema as _};
use serde_json::{Value, json};

use super::{Flag, Object, Presence};
use crate::{examples, problems::Problems};

/// The names and types of the fields in the OpenAPI document.
///
/// An `Option` is a field that is optional in every request.
#[derive(Apiv2Schema)]
#[allow(dead_code, reason = "the document is generated from it")]
struct PostFields {
    title: String,
    content: String,
    published: Option<bool>,
}

/// Parses the fields. `presence` says whether title and content are required.
pub(crate) fn read(
    object: &mut Object<'_>,
    presence: Presence,
    problems: &mut Problems,
) -> PostChanges {
    PostChanges {
        title: object.take::<String, _>("title", presence, Title::new, problems),
        content: object.take::<String, _>("content", presence, Content::new, problems),
        published: object.take("published", Presence::Optional, |Flag(flag)| Ok(flag), problems),
    }
}

/// Creates a new post from these fields. `None` if the title or the content is absent.
pub(crate) fn new_post(fields: PostChanges) -> Option<NewPost> {
    let PostChanges { title, content, published } = fields;
    let post = NewPost::new(title?, content?);
    Some(NewPost { published: published.unwrap_or(post.published), ..post })
}

/// Returns the schema of a request body. `presence` says whether title and content are required.
pub(crate) fn schema(name: &str, description: &str, presence: Presence) -> DefaultSchemaRaw {
    let mut schema = PostFields::raw_schema();
    schema.name = Some(name.to_owned());
    schema.description = Some(description.to_owned());
    if presence == Presence::Optional {
        schema.required.clear();
    }
    schema
}

/// Returns the names of the fields.
pub(crate) fn names() -> Vec<String> {
    PostFields::raw_schema().properties.into_keys().collect()
}

/// Returns an example of a request body.
pub(crate) fn example() -> Value {
    json!({ "content": examples::CONTENT, "published": true, "title": examples::TITLE })
}
