//! A post as JSON: its fields, their order, and what the OpenAPI document says about them.

use std::sync::LazyLock;

use chrono::{
    DateTime, SecondsFormat, Utc,
    format::{Item, StrftimeItems},
};
use domain::{Content, Post, PostRecord, Timestamp, Title};
use paperclip::actix::Apiv2Schema;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::examples;

/// A blog post.
#[derive(Debug, Serialize, Apiv2Schema)]
#[openapi(rename = "Post")]
pub(crate) struct PostBody {
    // The JSON has its keys in this order. They must be in alphabetical order.
    content: String,
    #[serde(serialize_with = "rfc3339")]
    created_at: DateTime<Utc>,
    id: Uuid,
    published: bool,
    title: String,
    #[serde(serialize_with = "rfc3339")]
    updated_at: DateTime<Utc>,
}

impl From<Post> for PostBody {
    fn from(post: Post) -> Self {
        let PostRecord { id, title, content, published, created_at, updated_at, version: _ } =
            post.into_record();
        Self {
            content: content.into_string(),
            created_at: created_at.as_datetime(),
            id: *id.as_uuid(),
            published,
            title: title.into_string(),
            updated_at: updated_at.as_datetime(),
        }
    }
}

impl PostBody {
    /// Returns the example post.
    pub(crate) fn example() -> Self {
        let time = examples::time();
        Self {
            content: examples::CONTENT.to_owned(),
            created_at: time,
            id: examples::ID,
            published: true,
            title: examples::TITLE.to_owned(),
            updated_at: time,
        }
    }

    /// Returns the documentation that paperclip does not generate for the fields. It applies to
    /// requests and responses.
    pub(crate) fn documentation() -> Value {
        // A regular expression (ECMA 262) for text without U+0000.
        const NO_NULL_CHARACTER: &str = r"^[^\u0000]*$";
        json!({
            "content": {
                "description": "The body text. Its length is counted in Unicode code points.",
                "minLength": Content::MIN_CHARS,
                "pattern": NO_NULL_CHARACTER,
            },
            "created_at": {
                "description": "When the post was created, in UTC, with six decimals of a second.",
                "readOnly": true,
            },
            "id": {
                "description": "The identifier of the post. The server chooses it.",
                "example": examples::ID,
                "readOnly": true,
            },
            "published": { "description": "Whether the post is public; otherwise it is a draft." },
            "title": {
                "description": "The headline. Its length is counted in Unicode code points.",
                "minLength": Title::MIN_CHARS,
                "maxLength": Title::MAX_CHARS,
                "pattern": NO_NULL_CHARACTER,
            },
            "updated_at": {
                "description": "When the post was last changed, in UTC, with six decimals of a second. It \
                                never decreases.",
                "readOnly": true,
            },
        })
    }
}

/// Formats a time as an HTTP-date (RFC 9110, section 5.6.7), in whole seconds.
///
/// actix-web's `HttpDate` does not support years before 1970, but the times of a post can be
/// earlier.
#[must_use]
pub fn http_date(time: Timestamp) -> String {
    static FORMAT: LazyLock<Vec<Item<'_>>> =
        LazyLock::new(|| StrftimeItems::new("%a, %d %b %Y %H:%M:%S GMT").collect());
    time.as_datetime().format_with_items(FORMAT.iter()).to_string()
}

/// Serializes a time in the format of RFC 3339, always with six decimals and `Z`.
///
/// Without the `Z`, JavaScript would parse it as local time.
pub(crate) fn rfc3339<S: Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use domain::{NewPost, PostChanges, PostId};
    use paperclip::v2::schema::Apiv2Schema as _;

    use super::*;

    #[test]
    fn the_json_of_a_post_has_exactly_the_documented_bytes() {
        let new = NewPost {
            published: false,
            ..NewPost::new(
                Title::new("Quotes \" and 🦀").unwrap(),
                Content::new("Line\nand line").unwrap(),
            )
        };
        let id = "3257de2a-ddae-4070-90d4-1b04a367bb07".parse::<PostId>().unwrap();
        let mut post =
            Post::create(id, new, Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap());
        post.apply(
            &PostChanges::default(),
            Timestamp::from_unix_micros(1_740_653_379_000_000).unwrap(),
        )
        .unwrap();

        let json = serde_json::to_string(&PostBody::from(post)).unwrap();

        assert_eq!(
            json,
            concat!(
                r#"{"content":"Line\nand line","created_at":"2025-02-27T10:49:38.369401Z","#,
                r#""id":"3257de2a-ddae-4070-90d4-1b04a367bb07","published":false,"#,
                r#""title":"Quotes \" and 🦀","updated_at":"2025-02-27T10:49:39.000000Z"}"#
            )
        );
    }

    #[test]
    fn the_example_equals_a_post_that_the_api_returns() {
        let title = Title::new(examples::TITLE).unwrap();
        let new = NewPost::new(title, Content::new(examples::CONTENT).unwrap());
        let at = Timestamp::from_unix_micros(examples::UNIX_MICROS).unwrap();
        let post = Post::create(PostId::new(examples::ID), new, at);

        assert_eq!(http_date(at), examples::HTTP_DATE);
        assert_eq!(json!(PostBody::example()), json!(PostBody::from(post)));
    }

    #[test]
    fn every_field_is_documented() {
        let fields: Vec<_> = PostBody::raw_schema().properties.into_keys().collect();

        let documentation = PostBody::documentation();

        assert_eq!(
            documentation.as_object().unwrap().keys().collect::<Vec<_>>(),
            fields.iter().collect::<Vec<_>>()
        );
    }

    #[test]
    fn http_dates_support_every_year() {
        for (time, expected) in [
            (Timestamp::MIN, "Sat, 01 Jan 0000 00:00:00 GMT"),
            (
                Timestamp::from_unix_micros(784_111_777_999_999).unwrap(),
                "Sun, 06 Nov 1994 08:49:37 GMT",
            ),
            (Timestamp::MAX, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(http_date(time), expected);
        }
    }
}
