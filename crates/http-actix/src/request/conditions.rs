//! Conditional requests (RFC 9110, section 13): what a client knows, and wants to be so still or
//! to be no longer so.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    time::SystemTime,
};

use actix_web::{
    FromRequest, HttpRequest, dev,
    http::header::{
        EntityTag, HeaderMap, HeaderName, HttpDate, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH,
        IF_UNMODIFIED_SINCE,
    },
};
use domain::{Post, PostError, Precondition, Timestamp};
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use serde_json::{Value, json};

use crate::{
    documentation::header_parameter,
    entity_tag::{self, EntityTags},
    error::ApiError,
    headers::header_name,
    options::Options,
};

/// What the headers of a request say of the state that it is about.
#[derive(Debug, Clone, Default)]
struct Conditions {
    if_match: Option<EntityTags>,
    if_none_match: Option<EntityTags>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    fn read(headers: &HeaderMap) -> Self {
        Self {
            if_match: EntityTags::read(headers, &IF_MATCH),
            if_none_match: EntityTags::read(headers, &IF_NONE_MATCH),
            if_modified_since: time(headers, &IF_MODIFIED_SINCE),
            if_unmodified_since: time(headers, &IF_UNMODIFIED_SINCE),
        }
    }

    /// What has to hold whether the request reads or writes.
    fn precondition(&self) -> Precondition {
        Precondition {
            version_in: self.if_match.as_ref().map(EntityTags::strong_versions),
            version_not_in: None,
            unchanged_since: self.if_unmodified_since,
        }
    }
}

/// A time that is none says nothing (RFC 9110, section 13.1.3).
fn time(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    let time: HttpDate = headers.get(name)?.to_str().ok()?.parse().ok()?;
    Some(Timestamp::new(SystemTime::from(time).into()))
}

/// Extracts what the reader of a post knows of it.
pub(crate) struct ReadConditions(Conditions);

impl ReadConditions {
    /// The tag under which the reader has the post already, in this state. `None` when it has to be
    /// sent the post.
    ///
    /// # Errors
    ///
    /// [`PostError::PreconditionFailed`] when it wants the post in another state only.
    pub(crate) fn known(&self, post: &Post) -> Result<Option<EntityTag>, ApiError> {
        let Self(conditions) = self;
        let record = post.record();
        if !conditions.precondition().holds(record) {
            return Err(PostError::PreconditionFailed { current: record.version }.into());
        }
        let tag = entity_tag::of_version(record.version);
        Ok(match (&conditions.if_none_match, conditions.if_modified_since) {
            (Some(tags), _) => tags.naming(&tag),
            (None, Some(since)) => {
                (record.updated_at.whole_seconds() <= since.whole_seconds()).then_some(tag)
            }
            (None, None) => None,
        })
    }

    /// What the OpenAPI document says about it, beyond what is generated.
    pub(crate) fn documentation() -> Value {
        documentation_of(&[IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE])
    }
}

/// Extracts the conditions of a read whose response is identified by a tag alone.
pub(crate) struct TagConditions(Conditions);

/// Whether a client has the current state.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It has to be sent.
    No,
    /// The client has it under this tag, if the state has one.
    Yes(Option<EntityTag>),
}

impl TagConditions {
    /// Whether the client has the state that `current` identifies; `None` is a state without a tag,
    /// which only `*` matches (RFC 9110, sections 13.1.1 and 13.1.2).
    ///
    /// # Errors
    ///
    /// [`ApiError::TagMismatch`] when the client wants another state only.
    pub(crate) fn known(&self, current: Option<&EntityTag>) -> Result<Known, ApiError> {
        let Self(Conditions { if_match, if_none_match, .. }) = self;
        if if_match.as_ref().is_some_and(|tags| !tags.include(current)) {
            return Err(ApiError::TagMismatch { current: current.cloned() });
        }
        Ok(match (if_none_match, current) {
            (Some(EntityTags::Any), None) => Known::Yes(None),
            (Some(tags), Some(current)) => {
                tags.naming(current).map_or(Known::No, |tag| Known::Yes(Some(tag)))
            }
            _ => Known::No,
        })
    }

    /// What the OpenAPI document says about it, beyond what is generated.
    pub(crate) fn documentation() -> Value {
        documentation_of(&[IF_MATCH, IF_NONE_MATCH])
    }
}

/// Extracts what a writer takes for granted of the post that it writes.
pub(crate) struct WriteConditions {
    conditions: Conditions,
    if_match_required: bool,
}

impl WriteConditions {
    /// What has to hold of the post when it is written.
    ///
    /// # Errors
    ///
    /// [`ApiError::PreconditionRequired`] when the server insists on `If-Match` and there is none.
    pub(crate) fn precondition(&self) -> Result<Precondition, ApiError> {
        let Self { conditions, if_match_required } = self;
        if *if_match_required && conditions.if_match.is_none() {
            return Err(ApiError::PreconditionRequired);
        }
        let version_not_in =
            conditions.if_none_match.as_ref().map(EntityTags::versions_of_any_strength);
        Ok(Precondition { version_not_in, ..conditions.precondition() })
    }

    /// What the OpenAPI document says about it, beyond what is generated.
    pub(crate) fn documentation() -> Value {
        documentation_of(&[IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE])
    }
}

/// What the document says of these headers.
fn documentation_of(names: &[HeaderName]) -> Value {
    names.iter().map(|name| (header_name(name), documentation(name))).collect()
}

fn documentation(name: &HeaderName) -> Value {
    let description = match *name {
        IF_MATCH => {
            "The `ETag` that you have read, such as `\"7\"`. When the current one is another, the \
             response is 412 and nothing is changed."
        }
        IF_NONE_MATCH => {
            "`ETag`s that you have. When one of them is current, a read responds with 304 and no body, \
             and a write with 412."
        }
        IF_MODIFIED_SINCE => {
            "The `Last-Modified` that you have. When the post was not written since, the response is \
             304. Ignored if `If-None-Match` is sent."
        }
        _ => {
            "The `Last-Modified` that you have read. When the post was written since, the response is \
             412. Ignored if `If-Match` is sent. Compared in whole seconds."
        }
    };
    // No example: Swagger UI would send it, asked or not.
    json!({ "description": description, "schema": { "type": "string" } })
}

impl FromRequest for ReadConditions {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(Conditions::read(request.headers()))))
    }
}

impl FromRequest for WriteConditions {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self {
            conditions: Conditions::read(request.headers()),
            if_match_required: Options::of(request).require_if_match,
        }))
    }
}

impl FromRequest for TagConditions {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(Conditions::read(request.headers()))))
    }
}

/// Says in the document that an operation takes the headers that an extractor reads.
macro_rules! takes_headers {
    ($extractor:ident: $($name:ident),*) => {
        impl Apiv2Schema for $extractor {}

        impl OperationModifier for $extractor {
            fn update_parameter(operation: &mut DefaultOperationRaw) {
                $(header_parameter(operation, &$name);)*
            }
        }
    };
}

takes_headers!(ReadConditions: IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE);
takes_headers!(WriteConditions: IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE);
takes_headers!(TagConditions: IF_MATCH, IF_NONE_MATCH);

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use domain::{Content, NewPost, PostId, Title, Version, Versions};

    use super::*;

    fn conditions(headers: &[(HeaderName, &str)]) -> Conditions {
        let mut request = TestRequest::default();
        for (name, value) in headers {
            request = request.append_header((name.clone(), *value));
        }
        Conditions::read(request.to_http_request().headers())
    }

    /// A post of the first version, written at 1970-01-01T00:01:40.5Z.
    fn post() -> Post {
        let new = NewPost::new(Title::new("A title").unwrap(), Content::new("0123456789").unwrap());
        let at = Timestamp::from_unix_micros(100_500_000).unwrap();
        Post::create(PostId::new(uuid::Uuid::nil()), new, at)
    }

    #[test]
    fn a_reader_is_sent_what_it_does_not_have() {
        for (name, value, expected) in [
            (IF_NONE_MATCH, "\"1\"", false),
            (IF_NONE_MATCH, "W/\"1-gzip\"", false),
            (IF_NONE_MATCH, "*", false),
            (IF_NONE_MATCH, "\"2\"", true),
            (IF_NONE_MATCH, "1", true),
            (IF_MODIFIED_SINCE, "Thu, 01 Jan 1970 00:01:40 GMT", false),
            (IF_MODIFIED_SINCE, "Thu, 01 Jan 1970 00:01:39 GMT", true),
            (IF_MODIFIED_SINCE, "yesterday", true),
        ] {
            let conditions = ReadConditions(conditions(&[(name, value)]));
            assert_eq!(conditions.known(&post()).unwrap().is_none(), expected, "{value}");
        }
    }

    #[test]
    fn a_reader_can_insist_on_a_state() {
        for (name, value, expected) in [
            (IF_MATCH, "\"1\"", true),
            (IF_MATCH, "\"2\"", false),
            (IF_UNMODIFIED_SINCE, "Thu, 01 Jan 1970 00:01:40 GMT", true),
            (IF_UNMODIFIED_SINCE, "Thu, 01 Jan 1970 00:01:39 GMT", false),
        ] {
            let conditions = ReadConditions(conditions(&[(name, value)]));
            assert_eq!(conditions.known(&post()).is_ok(), expected, "{value}");
        }
    }

    #[test]
    fn a_reader_of_a_tagged_state_is_sent_what_it_does_not_have() {
        let tag = entity_tag::of_content(["a list"]);
        let (tagged, coded) = (tag.to_string(), entity_tag::in_coding(&tag, "gzip"));
        for (value, expected) in [
            (&*tagged, Known::Yes(Some(tag.clone()))),
            (&format!("\"x\", {coded}"), Known::Yes(Some(coded))),
            ("*", Known::Yes(Some(tag.clone()))),
            ("\"x\"", Known::No),
        ] {
            let conditions = TagConditions(conditions(&[(IF_NONE_MATCH, value)]));
            assert_eq!(conditions.known(Some(&tag)).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn a_state_without_a_tag_matches_a_star_and_nothing_else() {
        for (name, value, expected) in [
            (IF_MATCH, "*", Some(Known::No)),
            (IF_MATCH, "\"x\"", None),
            (IF_NONE_MATCH, "*", Some(Known::Yes(None))),
            (IF_NONE_MATCH, "\"x\"", Some(Known::No)),
        ] {
            let conditions = TagConditions(conditions(&[(name, value)]));
            assert_eq!(conditions.known(None).ok(), expected, "{value}");
        }
    }

    #[test]
    fn what_a_writer_says_becomes_a_precondition() {
        let headers = [
            (IF_MATCH, "\"3\", W/\"4\""),
            (IF_NONE_MATCH, "*"),
            (IF_UNMODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:01 GMT"),
        ];
        let conditions =
            WriteConditions { conditions: conditions(&headers), if_match_required: true };

        let expected = Precondition {
            version_in: Some(Versions::OneOf(vec![Version::new(3).unwrap()])),
            version_not_in: Some(Versions::Any),
            unchanged_since: Timestamp::from_unix_micros(1_000_000),
        };
        assert_eq!(conditions.precondition().unwrap(), expected);
    }

    #[test]
    fn nothing_has_to_hold_where_nothing_is_said_unless_the_server_insists() {
        for if_match_required in [false, true] {
            let conditions =
                WriteConditions { conditions: Conditions::default(), if_match_required };
            match conditions.precondition() {
                Ok(precondition) => {
                    assert_eq!((precondition, if_match_required), (Precondition::NONE, false));
                }
                Err(error) => {
                    assert!(matches!(error, ApiError::PreconditionRequired));
                    assert!(if_match_required);
                }
            }
        }
    }
}
