//! The headers of responses, documented once each.

use actix_web::http::header::{self, HeaderName};
use domain::{PageNumber, PageSize};
use serde_json::{Value, json};

use crate::{
    error::RETRY_AFTER_SECONDS,
    examples,
    headers::{
        ACCEPT_PATCH, IDEMPOTENT_REPLAYED, PAGINATION, PREFERENCE_APPLIED, REQUEST_ID, TOTAL_COUNT,
        header_name,
    },
    media_type::Accepted,
    paths,
    preference::STRICT,
};

/// The headers that every response of a documented operation can have.
pub(super) const OF_ALL_RESPONSES: [HeaderName; 3] =
    [header::CACHE_CONTROL, PREFERENCE_APPLIED, REQUEST_ID];

/// All of them as components of a document, by name.
pub(super) fn components() -> Value {
    table().into_iter().map(|(name, component)| (component_name(&name), component)).collect()
}

/// References to some headers, as the `headers` of a response.
pub(super) fn references<'a>(names: impl IntoIterator<Item = &'a HeaderName>) -> Value {
    let reference = |name: &HeaderName| {
        let component = format!("#/components/headers/{}", component_name(name));
        (header_name(name), json!({ "$ref": component }))
    };
    names.into_iter().map(reference).collect()
}

/// `X-Request-Id` is `RequestId`.
fn component_name(name: &HeaderName) -> String {
    header_name(name).trim_start_matches("X-").replace('-', "")
}

fn table() -> Vec<(HeaderName, Value)> {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string", "example": example } });
    vec![
        (
            header::ACCEPT_ENCODING,
            text(
                "The content codings of a request body. Sent when the body has another.",
                "identity",
            ),
        ),
        (
            ACCEPT_PATCH,
            text("The media types of a patch.", &Accepted::MergePatch.types().join(", ")),
        ),
        (
            header::CACHE_CONTROL,
            text(
                "`no-cache`: a cache must revalidate the response with `If-None-Match` before it \
                 uses it again. `no-store`: a cache must not store it.",
                "no-cache",
            ),
        ),
        (
            header::ETAG,
            text(
                "Identifies the state in the response. Send it back as `If-Match` or `If-None-Match`.",
                "\"7\"",
            ),
        ),
        (
            IDEMPOTENT_REPLAYED,
            json!({
                "description": "Sent when an earlier request with the same `Idempotency-Key` created \
                                the post.",
                "schema": { "type": "string", "enum": ["true"] },
            }),
        ),
        (header::LAST_MODIFIED, text("When the post was last written.", examples::HTTP_DATE)),
        (
            header::LINK,
            text(
                "Links to other pages (RFC 8288): `next` and, for numbered pages, `first`, `prev` and \
                 `last`. The last page has no `next`.",
                &format!("<{}?page=2&page_size=10>; rel=\"next\"", paths::POSTS),
            ),
        ),
        (header::LOCATION, text("The path of the post.", &paths::of_post(examples::ID))),
        (
            PAGINATION,
            text(
                &format!(
                    "Of a numbered page: the number of posts and pages and, if they exist, the \
                     numbers of this, the previous and the next page, as JSON. The first page is {}. \
                     A page has {} posts unless `page_size` says otherwise.",
                    PageNumber::MIN,
                    PageSize::DEFAULT.get()
                ),
                r#"{"total":25,"total_pages":3,"first_page":1,"last_page":3,"page":1,"next_page":2}"#,
            ),
        ),
        (
            PREFERENCE_APPLIED,
            json!({
                "description": "The preference that was applied. Sent when the request has it.",
                "schema": { "type": "string", "enum": [STRICT] },
            }),
        ),
        (REQUEST_ID, text("The id of the request in the server's log.", &examples::ID.to_string())),
        (
            header::RETRY_AFTER,
            json!({
                "description": "After how many seconds to retry.",
                "schema": { "type": "integer", "minimum": 0, "example": RETRY_AFTER_SECONDS },
            }),
        ),
        (
            TOTAL_COUNT,
            json!({
                "description": "Of a numbered page: the number of posts on all pages.",
                "schema": { "type": "integer", "format": "int64", "minimum": 0, "example": 25 },
            }),
        ),
    ]
}
