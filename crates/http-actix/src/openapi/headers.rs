//! The headers of answers, documented once each.

use actix_web::http::header::{self, HeaderName};
use domain::{PageNumber, PageSize};
use serde_json::{Value, json};

use super::examples;
use crate::{
    error::RETRY_AFTER_SECONDS,
    headers::{
        ACCEPT_PATCH, IDEMPOTENT_REPLAYED, PAGINATION, PREFERENCE_APPLIED, REQUEST_ID, TOTAL_COUNT,
        header_name,
    },
    payload::{Accepted, STRICT},
    routes,
};

/// A header that an answer can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    AcceptPatch,
    CacheControl,
    ETag,
    IdempotentReplayed,
    LastModified,
    Link,
    Location,
    Pagination,
    PreferenceApplied,
    RequestId,
    RetryAfter,
    TotalCount,
}

impl Header {
    const ALL: [Self; 12] = [
        Self::AcceptPatch,
        Self::CacheControl,
        Self::ETag,
        Self::IdempotentReplayed,
        Self::LastModified,
        Self::Link,
        Self::Location,
        Self::Pagination,
        Self::PreferenceApplied,
        Self::RequestId,
        Self::RetryAfter,
        Self::TotalCount,
    ];

    /// All of them as components of a document, by name.
    pub(super) fn components() -> Value {
        Self::ALL.into_iter().map(|header| (header.component_name(), header.component())).collect()
    }

    fn component_name(self) -> String {
        format!("{self:?}")
    }

    const fn name(self) -> HeaderName {
        match self {
            Self::AcceptPatch => ACCEPT_PATCH,
            Self::CacheControl => header::CACHE_CONTROL,
            Self::ETag => header::ETAG,
            Self::IdempotentReplayed => IDEMPOTENT_REPLAYED,
            Self::LastModified => header::LAST_MODIFIED,
            Self::Link => header::LINK,
            Self::Location => header::LOCATION,
            Self::Pagination => PAGINATION,
            Self::PreferenceApplied => PREFERENCE_APPLIED,
            Self::RequestId => REQUEST_ID,
            Self::RetryAfter => header::RETRY_AFTER,
            Self::TotalCount => TOTAL_COUNT,
        }
    }

    fn component(self) -> Value {
        let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string", "example": example } });
        match self {
            Self::AcceptPatch => text(
                "The types in which changes are taken.",
                &Accepted::MergePatch.types().join(", "),
            ),
            Self::CacheControl => {
                text("How it may be kept: to be asked for again with `If-None-Match`.", "no-cache")
            }
            Self::ETag => text(
                "Names the state that was answered. To be sent back as `If-Match` or `If-None-Match`.",
                "\"7\"",
            ),
            Self::IdempotentReplayed => json!({
                "description": "Sent when an earlier request of the same `Idempotency-Key` has made \
                                the post: this is its answer.",
                "schema": { "type": "string", "enum": ["true"] },
            }),
            Self::LastModified => text("When the post was last written.", examples::HTTP_DATE),
            Self::Link => text(
                "Where to go on (RFC 8288): `next` and, for numbered pages, `first`, `prev` and \
                 `last`. Without `next` there is no more.",
                &format!("<{}?page=2&page_size=10>; rel=\"next\"", routes::POSTS),
            ),
            Self::Location => text("The path of the post.", &routes::path_of_post(examples::ID)),
            Self::Pagination => text(
                &format!(
                    "Of a numbered page: the number of posts and pages and, as far as they are there, \
                     of this and the neighbouring pages, as JSON. Pages count from {} and have {} \
                     posts unless `page_size` says otherwise.",
                    PageNumber::MIN,
                    PageSize::DEFAULT.get()
                ),
                r#"{"total":25,"total_pages":3,"first_page":1,"last_page":3,"page":1,"next_page":2}"#,
            ),
            Self::PreferenceApplied => json!({
                "description": "The preference that was followed.",
                "schema": { "type": "string", "enum": [STRICT] },
            }),
            Self::RequestId => text("The request's name in the server's log.", examples::ID),
            Self::RetryAfter => json!({
                "description": "After how many seconds to ask again.",
                "schema": { "type": "integer", "minimum": 0, "example": RETRY_AFTER_SECONDS },
            }),
            Self::TotalCount => json!({
                "description": "Of a numbered page: how many posts there are on all pages.",
                "schema": { "type": "integer", "format": "int64", "minimum": 0, "example": 25 },
            }),
        }
    }
}

/// References to some headers, as the `headers` of an answer.
pub(crate) fn headers(of: &[Header]) -> Value {
    let reference = |header: &Header| {
        let component = format!("#/components/headers/{}", header.component_name());
        (header_name(&header.name()), json!({ "$ref": component }))
    };
    of.iter().map(reference).collect()
}

/// The answer to a reader who has it already.
pub(crate) fn not_modified(of: &[Header]) -> Value {
    json!({ "description": "It is as you have it.", "headers": headers(of) })
}
