//! The query parameter `fields`: the fields of a post to return.

use std::{collections::BTreeSet, sync::LazyLock};

use domain::Post;
use paperclip::v2::schema::Apiv2Schema as _;
use serde_json::{Value, json};

use super::PostBody;
use crate::problems::message_one_of;

/// The names of all fields, in alphabetical order.
static NAMES: LazyLock<Vec<String>> =
    LazyLock::new(|| PostBody::raw_schema().properties.into_keys().collect());

/// A selection of a post's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields(Option<BTreeSet<String>>);

impl Fields {
    /// All fields.
    pub(crate) const ALL: Self = Self(None);

    /// Parses names separated by commas.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let names: BTreeSet<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        if names.iter().all(|name| NAMES.contains(name)) {
            Ok(Self(Some(names)))
        } else {
            Err(vec![message_one_of(NAMES.iter().cloned())])
        }
    }

    /// Returns an estimate of the length of the JSON of `post`, in bytes.
    pub(crate) fn estimate(&self, post: &Post) -> usize {
        /// The length of the names and of the values without texts, and of some escapes.
        const OTHER_BYTES: usize = 256;
        if self.0.is_none() { OTHER_BYTES + post.text_bytes() } else { OTHER_BYTES }
    }

    /// Appends these fields of `post` to `json`.
    pub(crate) fn write(&self, post: Post, json: &mut Vec<u8>) {
        let post = PostBody::from(post);
        let written = match &self.0 {
            None => serde_json::to_writer(json, &post),
            Some(names) => serde_json::to_value(&post).and_then(|mut post| {
                if let Some(fields) = post.as_object_mut() {
                    fields.retain(|name, _| names.contains(name));
                }
                serde_json::to_writer(json, &post)
            }),
        };
        debug_assert!(written.is_ok(), "strings and booleans are always valid JSON");
    }

    /// Returns the documentation that paperclip does not generate for this parameter.
    pub(crate) fn documentation() -> Value {
        let name = NAMES.join("|");
        json!({ "fields": {
            "description": "The fields of a post to return: names separated by commas, such as \
                            `id,title`. The default is all fields: a complete `Post`. OpenAPI cannot \
                            describe the smaller objects that `fields` returns. A typed client must \
                            deserialize them as a separate type, not as `Post`.",
            "schema": { "type": "string", "pattern": format!("^({name})(,({name}))*$") },
        }})
    }
}

#[cfg(test)]
mod tests {
    use domain::{Content, NewPost, PostId, Timestamp, Title};
    use uuid::Uuid;

    use super::*;

    fn post() -> Post {
        let new = NewPost::new(Title::new("A title").unwrap(), Content::new("0123456789").unwrap());
        Post::create(PostId::new(Uuid::nil()), new, Timestamp::MIN)
    }

    fn json_of(fields: &Fields) -> String {
        let mut json = Vec::new();
        fields.write(post(), &mut json);
        assert!(json.len() <= fields.estimate(&post()));
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn by_default_a_post_has_all_fields() {
        let all = serde_json::to_string(&PostBody::from(post())).unwrap();

        assert_eq!(json_of(&Fields::ALL), all);
    }

    #[test]
    fn a_post_has_the_requested_fields_in_alphabetical_order() {
        let fields = Fields::parse("title, created_at,published,title").unwrap();

        assert_eq!(
            json_of(&fields),
            r#"{"created_at":"0000-01-01T00:00:00.000000Z","published":true,"title":"A title"}"#
        );
    }

    #[test]
    fn the_error_for_an_unknown_name_lists_all_names() {
        for text in ["", "id,", "ID", "version", "id;title"] {
            assert_eq!(
                Fields::parse(text),
                Err(vec![
                    "Must be one of: content, created_at, id, published, title, updated_at."
                        .to_owned()
                ])
            );
        }
    }
}
