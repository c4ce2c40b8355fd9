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
use domain::{Post, Precondition, Timestamp};
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use serde_json::{Value, json};

use super::header_parameter;
use crate::{
    app::Options,
    entity_tag::{self, EntityTags},
    error::ApiError,
    openapi::header_name,
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
            is: self.if_match.as_ref().map(EntityTags::strong_versions),
            is_not: None,
            unchanged_since: self.if_unmodified_since,
        }
    }
}

/// A time that is none says nothing (RFC 9110, section 13.1.3).
fn time(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    let time: HttpDate = headers.get(name)?.to_str().ok()?.parse().ok()?;
    Some(Timestamp::new(SystemTime::from(time).into()))
}

/// Extracts what a reader has already.
pub(crate) struct ReadConditions(Conditions);

impl ReadConditions {
    /// Whether the reader has to be sent the post: it may have it in this state.
    ///
    /// # Errors
    ///
    /// [`ApiError::PreconditionFailed`] when it wants the post in another state only.
    pub(crate) fn asks_for(&self, post: &Post) -> Result<bool, ApiError> {
        let Self(conditions) = self;
        let record = post.record();
        if !conditions.precondition().holds(record) {
            return Err(ApiError::PreconditionFailed { current: record.version });
        }
        Ok(match (&conditions.if_none_match, conditions.if_modified_since) {
            (Some(tags), _) => !tags.versions_of_any_strength().contain(record.version),
            (None, Some(since)) => record.updated_at.whole_seconds() > since.whole_seconds(),
            (None, None) => true,
        })
    }

    /// Whether the reader has to be sent what `tag` names.
    pub(crate) fn ask_for(&self, tag: &EntityTag) -> bool {
        !self.0.if_none_match.as_ref().is_some_and(|tags| tags.name(tag))
    }

    /// What the OpenAPI document says of it, beyond what is generated.
    pub(crate) fn documentation() -> Value {
        json!({ header_name(&IF_NONE_MATCH): {
            "description": "`ETag`s that you have: when one of them is current, the answer is 304 \
                            and has no body.",
            "schema": { "type": "string", "example": "\"7\"" },
        }})
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
        let is_not = conditions.if_none_match.as_ref().map(EntityTags::versions_of_any_strength);
        Ok(Precondition { is_not, ..conditions.precondition() })
    }

    /// What the OpenAPI document says of it, beyond what is generated.
    pub(crate) fn documentation() -> Value {
        json!({ header_name(&IF_MATCH): {
            "description": "The `ETag` of the post as you have read it: when it is another by now, \
                            the answer is 412 and nothing is changed.",
            "schema": { "type": "string", "example": entity_tag::of_version(domain::Version::FIRST).to_string() },
        }})
    }
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

impl Apiv2Schema for ReadConditions {}

impl OperationModifier for ReadConditions {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        header_parameter(operation, &IF_NONE_MATCH);
    }
}

impl Apiv2Schema for WriteConditions {}

impl OperationModifier for WriteConditions {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        header_parameter(operation, &IF_MATCH);
    }
}

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
            assert_eq!(conditions.asks_for(&post()).unwrap(), expected, "{value}");
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
            assert_eq!(conditions.asks_for(&post()).is_ok(), expected, "{value}");
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
            is: Some(Versions::OneOf(vec![Version::new(3).unwrap()])),
            is_not: Some(Versions::Any),
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
