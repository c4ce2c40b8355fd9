//! Conditional requests (RFC 9110, section 13).

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

/// The preconditions in the headers of a request.
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

    /// Returns the precondition of `If-Match` and `If-Unmodified-Since`.
    fn precondition(&self) -> Precondition {
        Precondition {
            version_in: self.if_match.as_ref().map(EntityTags::strong_versions),
            version_not_in: None,
            unchanged_since: self.if_unmodified_since,
        }
    }
}

/// Reads a header field with an HTTP-date. An invalid date is ignored (RFC 9110, section 13.1.3).
fn time(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    let time: HttpDate = headers.get(name)?.to_str().ok()?.parse().ok()?;
    Some(Timestamp::new(SystemTime::from(time).into()))
}

/// Extracts the preconditions of a request that reads a post.
pub(crate) struct ReadConditions(Conditions);

impl ReadConditions {
    /// Evaluates the preconditions. Returns the tag of the 304 response, or `None` if the response
    /// is a 200.
    ///
    /// # Errors
    ///
    /// [`PostError::PreconditionFailed`] if `If-Match` or `If-Unmodified-Since` does not hold.
    pub(crate) fn validate(&self, post: &Post) -> Result<Option<EntityTag>, ApiError> {
        let Self(conditions) = self;
        let record = post.record();
        if !conditions.precondition().holds(record) {
            return Err(PostError::PreconditionFailed { current: record.version }.into());
        }
        let tag = entity_tag::from_version(record.version);
        Ok(match (&conditions.if_none_match, conditions.if_modified_since) {
            (Some(tags), _) => tags.find_weak_match(&tag),
            (None, Some(since)) => {
                (record.updated_at.whole_seconds() <= since.whole_seconds()).then_some(tag)
            }
            (None, None) => None,
        })
    }

    /// Returns the documentation of the headers that this extractor uses.
    pub(crate) fn documentation() -> Value {
        documentation_of(&[IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE])
    }
}

/// Extracts the preconditions of a read whose response has no `Last-Modified`. Only entity tags are
/// compared.
pub(crate) struct TagConditions(Conditions);

/// The result of evaluating the preconditions of a read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Validation {
    /// Send a 200: the client does not have the current version.
    Modified,
    /// Send a 304 with this tag. `None` if the response has no tag.
    NotModified(Option<EntityTag>),
}

impl TagConditions {
    /// Evaluates the preconditions against the tag of the current response.
    ///
    /// Only `*` matches a response without a tag (RFC 9110, sections 13.1.1 and 13.1.2).
    ///
    /// # Errors
    ///
    /// [`ApiError::TagMismatch`] if `If-Match` does not match `current`.
    pub(crate) fn validate(&self, current: Option<&EntityTag>) -> Result<Validation, ApiError> {
        let Self(Conditions { if_match, if_none_match, .. }) = self;
        if if_match.as_ref().is_some_and(|tags| !tags.has_strong_match(current)) {
            return Err(ApiError::TagMismatch { current: current.cloned() });
        }
        Ok(match (if_none_match, current) {
            (Some(EntityTags::Any), None) => Validation::NotModified(None),
            (Some(tags), Some(current)) => tags
                .find_weak_match(current)
                .map_or(Validation::Modified, |tag| Validation::NotModified(Some(tag))),
            _ => Validation::Modified,
        })
    }

    /// Returns the documentation of the headers that this extractor uses.
    pub(crate) fn documentation() -> Value {
        documentation_of(&[IF_MATCH, IF_NONE_MATCH])
    }
}

/// Extracts the preconditions of a request that writes a post.
pub(crate) struct WriteConditions {
    conditions: Conditions,
    if_match_required: bool,
}

impl WriteConditions {
    /// Returns the precondition that the post must satisfy when it is written.
    ///
    /// # Errors
    ///
    /// [`ApiError::PreconditionRequired`] if the server requires `If-Match` and it is absent.
    pub(crate) fn precondition(&self) -> Result<Precondition, ApiError> {
        let Self { conditions, if_match_required } = self;
        if *if_match_required && conditions.if_match.is_none() {
            return Err(ApiError::PreconditionRequired);
        }
        let version_not_in = conditions.if_none_match.as_ref().map(EntityTags::all_versions);
        Ok(Precondition { version_not_in, ..conditions.precondition() })
    }

    /// Returns the documentation of the headers that this extractor uses.
    pub(crate) fn documentation() -> Value {
        documentation_of(&[IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE])
    }
}

/// Returns the documentation of the header parameters `names`, as an object keyed by name.
fn documentation_of(names: &[HeaderName]) -> Value {
    names.iter().map(|name| (header_name(name), documentation(name))).collect()
}

fn documentation(name: &HeaderName) -> Value {
    let description = match *name {
        IF_MATCH => {
            "The `ETag` that you have read, such as `\"7\"`. If the current `ETag` is different, the \
             response is 412 and nothing is changed."
        }
        IF_NONE_MATCH => {
            "The `ETag`s of the versions that you have. If one of them is current, the response to a \
             read is 304 without a body, and the response to a write is 412."
        }
        IF_MODIFIED_SINCE => {
            "The `Last-Modified` of the version that you have. If the post was not changed since \
             then, the response is 304. Ignored if `If-None-Match` is sent."
        }
        _ => {
            "The `Last-Modified` that you have read. If the post was changed since then, the response \
             is 412. Ignored if `If-Match` is sent. Times are compared in whole seconds."
        }
    };
    // No example, because Swagger UI would send it with every request.
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

/// Declares the header parameters of an extractor in the OpenAPI document.
macro_rules! declare_headers {
    ($extractor:ident: $($name:ident),*) => {
        impl Apiv2Schema for $extractor {}

        impl OperationModifier for $extractor {
            fn update_parameter(operation: &mut DefaultOperationRaw) {
                $(header_parameter(operation, &$name);)*
            }
        }
    };
}

declare_headers!(ReadConditions: IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE);
declare_headers!(WriteConditions: IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE);
declare_headers!(TagConditions: IF_MATCH, IF_NONE_MATCH);

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

    /// Returns a post in its first version, created at 1970-01-01T00:01:40.5Z.
    fn post() -> Post {
        let new = NewPost::new(Title::new("A title").unwrap(), Content::new("0123456789").unwrap());
        let at = Timestamp::from_unix_micros(100_500_000).unwrap();
        Post::create(PostId::new(uuid::Uuid::nil()), new, at)
    }

    #[test]
    fn a_post_that_the_client_has_is_not_sent_again() {
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
            assert_eq!(conditions.validate(&post()).unwrap().is_none(), expected, "{value}");
        }
    }

    #[test]
    fn a_read_fails_unless_if_match_and_if_unmodified_since_hold() {
        for (name, value, expected) in [
            (IF_MATCH, "\"1\"", true),
            (IF_MATCH, "\"2\"", false),
            (IF_UNMODIFIED_SINCE, "Thu, 01 Jan 1970 00:01:40 GMT", true),
            (IF_UNMODIFIED_SINCE, "Thu, 01 Jan 1970 00:01:39 GMT", false),
        ] {
            let conditions = ReadConditions(conditions(&[(name, value)]));
            assert_eq!(conditions.validate(&post()).is_ok(), expected, "{value}");
        }
    }

    #[test]
    fn a_response_whose_tag_the_client_has_is_not_sent_again() {
        let tag = entity_tag::from_content(["a list"]);
        let (tagged, coded) = (tag.to_string(), entity_tag::with_coding(&tag, "gzip"));
        for (value, expected) in [
            (&*tagged, Validation::NotModified(Some(tag.clone()))),
            (&format!("\"x\", {coded}"), Validation::NotModified(Some(coded))),
            ("*", Validation::NotModified(Some(tag.clone()))),
            ("\"x\"", Validation::Modified),
        ] {
            let conditions = TagConditions(conditions(&[(IF_NONE_MATCH, value)]));
            assert_eq!(conditions.validate(Some(&tag)).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn only_an_asterisk_matches_a_response_without_a_tag() {
        for (name, value, expected) in [
            (IF_MATCH, "*", Some(Validation::Modified)),
            (IF_MATCH, "\"x\"", None),
            (IF_NONE_MATCH, "*", Some(Validation::NotModified(None))),
            (IF_NONE_MATCH, "\"x\"", Some(Validation::Modified)),
        ] {
            let conditions = TagConditions(conditions(&[(name, value)]));
            assert_eq!(conditions.validate(None).ok(), expected, "{value}");
        }
    }

    #[test]
    fn the_headers_of_a_write_become_its_precondition() {
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
    fn a_write_without_preconditions_fails_only_if_the_server_requires_if_match() {
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
