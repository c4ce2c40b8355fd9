//! What a post looks like on the wire.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Post, PostRecord};
use paperclip::actix::Apiv2Schema;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// A blog post.
#[derive(Debug, Serialize, Apiv2Schema)]
#[openapi(rename = "Post")]
pub(crate) struct PostRepresentation {
    // In alphabetical order, which is the order on the wire.
    content: String,
    #[serde(serialize_with = "rfc3339")]
    created_at: DateTime<Utc>,
    id: Uuid,
    published: bool,
    title: String,
    #[serde(serialize_with = "rfc3339")]
    updated_at: DateTime<Utc>,
}

impl From<Post> for PostRepresentation {
    fn from(post: Post) -> Self {
        let PostRecord { id, title, content, published, created_at, updated_at } =
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

/// Writes a time by RFC 3339: always six decimals, and `Z`, without which a browser would take it
/// for local time.
fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use domain::{Content, NewPost, PostChanges, PostId, Timestamp, Title};

    use super::*;

    #[test]
    fn a_post_is_written_to_the_byte_as_the_contract_has_it() {
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
        );

        let json = serde_json::to_string(&PostRepresentation::from(post)).unwrap();

        assert_eq!(
            json,
            concat!(
                r#"{"content":"Line\nand line","created_at":"2025-02-27T10:49:38.369401Z","#,
                r#""id":"3257de2a-ddae-4070-90d4-1b04a367bb07","published":false,"#,
                r#""title":"Quotes \" and 🦀","updated_at":"2025-02-27T10:49:39.000000Z"}"#
            )
        );
    }
}
