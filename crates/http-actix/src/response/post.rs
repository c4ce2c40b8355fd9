//! What a post looks like on the wire.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::BoxBody,
    http::header::{ETag, LAST_MODIFIED},
    web,
};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Post, PostRecord, Timestamp};
use paperclip::actix::Apiv2Schema;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{
    entity_tag,
    openapi::documented_as,
    payload::{Field, Fields},
};

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

/// A blog post in a list: all of it, or those fields that were asked for.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(crate) struct ListedPost {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "rfc3339_if_some")]
    created_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "rfc3339_if_some")]
    updated_at: Option<DateTime<Utc>>,
}

impl ListedPost {
    /// Those fields of `post`.
    pub(crate) fn new(post: Post, fields: &Fields) -> Self {
        let post = PostRepresentation::from(post);
        let has = |field| fields.contain(field);
        Self {
            content: has(Field::Content).then_some(post.content),
            created_at: has(Field::CreatedAt).then_some(post.created_at),
            id: has(Field::Id).then_some(post.id),
            published: has(Field::Published).then_some(post.published),
            title: has(Field::Title).then_some(post.title),
            updated_at: has(Field::UpdatedAt).then_some(post.updated_at),
        }
    }
}

/// A post in the state it has now, as an answer.
pub(crate) struct OnePost(pub(crate) Post);

impl OnePost {
    /// Adds the headers that name the state.
    pub(crate) fn add_headers(response: &mut HttpResponseBuilder, post: &Post) {
        let PostRecord { version, updated_at, .. } = post.record();
        response.insert_header(ETag(entity_tag::of_version(*version)));
        response.insert_header((LAST_MODIFIED, http_date(*updated_at)));
    }
}

impl Responder for OnePost {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        Self::add_headers(&mut response, &self.0);
        response.json(PostRepresentation::from(self.0))
    }
}

documented_as!(OnePost: web::Json<PostRepresentation>);

/// Writes a time as HTTP does (RFC 9110, section 5.6.7), which knows nothing finer than seconds.
/// Years before 1970 are none that its libraries can write, but posts can be that old.
pub(crate) fn http_date(time: Timestamp) -> String {
    time.as_datetime().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn rfc3339_if_some<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
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

    #[test]
    fn a_listed_post_has_the_fields_that_were_asked_for_in_the_usual_order() {
        let new = NewPost::new(Title::new("A title").unwrap(), Content::new("0123456789").unwrap());
        let post = Post::create(PostId::new(Uuid::nil()), new, Timestamp::MIN);

        let all = serde_json::to_string(&ListedPost::new(post.clone(), &Fields::all())).unwrap();
        let fields = Fields::parse("title,created_at,published").unwrap();
        let some = serde_json::to_string(&ListedPost::new(post.clone(), &fields)).unwrap();

        assert_eq!(all, serde_json::to_string(&PostRepresentation::from(post)).unwrap());
        assert_eq!(
            some,
            r#"{"created_at":"0000-01-01T00:00:00.000000Z","published":true,"title":"A title"}"#
        );
    }

    #[test]
    fn times_of_every_year_can_be_written_as_http_does() {
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
