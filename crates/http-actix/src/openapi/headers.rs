//! The documentation of response headers.

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
pub(super) const COMMON: [HeaderName; 3] = [header::CACHE_CONTROL, PREFERENCE_APPLIED, REQUEST_ID];

/// Returns all headers as components of the OpenAPI document.
pub(super) fn components() -> Value {
    table().into_iter().map(|(name, component)| (component_name(&name), component)).collect()
}

/// Returns the `headers` object of a response: a reference for each name.
pub(super) fn references<'a>(names: impl IntoIterator<Item = &'a HeaderName>) -> Value {
    let reference = |name: &HeaderName| {
        let component = format!("#/components/headers/{}", component_name(name));
        (header_name(name), json!({ "$ref": component }))
    };
    names.into_iter().map(reference).collect()
}

/// Returns the name of a header's component: `RequestId` for `X-Request-Id`.
fn component_name(name: &HeaderName) -> String {
    header_name(name).trim_start_matches("X-").replace('-', "")
}

fn table() -> Vec<(HeaderName, Value)> {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string", "example": example } });
    vec![
        (
            header::ACCEPT_ENCODING,
            text(
                "The content codings that a request body can have. Sent if the body has a different coding.",
                "identity",
            ),
        ),
        (
            ACCEPT_PATCH,
            text("The media types that PATCH accepts.", &Accepted::MergePatch.types().join(", ")),
        ),
        (
            header::CACHE_CONTROL,
            text(
                "`no-cache`: a cache must revalidate the response with `If-None-Match` before it \
                 reuses it. `no-store`: a cache must not store it.",
                "no-cache",
            ),
        ),
        (
            header::ETAG,
            text(
                "Identifies the version in the response. Send it as `If-Match` or `If-None-Match`.",
                "\"7\"",
            ),
        ),
        (
            IDEMPOTENT_REPLAYED,
            json!({
                "description": "Sent if an earlier request with the same `Idempotency-Key` created the \
                                post.",
                "schema": { "type": "string", "enum": ["true"] },
            }),
        ),
        (header::LAST_MODIFIED, text("When the post was last changed.", examples::HTTP_DATE)),
        (
            header::LINK,
            text(
                "Links to other pages (RFC 8288): `next` and, for numbered pages, `first`, `prev` and \
                 `last`. The last page has no `next`.",
                &format!("<{}?page=2&page_size=10>; rel=\"next\"", paths::POSTS),
            ),
        ),
        (header::LOCATION, text("The path of the post.", &paths::post_path(examples::ID))),
        (
            PAGINATION,
            text(
                &format!(
                    "Sent with a numbered page. JSON with the number of posts, the number of pages, \
                     and the numbers of the first, last, current, previous and next page, as far as \
                     they exist. The first page is {}. The default page size is {}.",
                    PageNumber::MIN,
                    PageSize::DEFAULT.get()
                ),
                r#"{"total":25,"total_pages":3,"first_page":1,"last_page":3,"page":1,"next_page":2}"#,
            ),
        ),
        (
            PREFERENCE_APPLIED,
            json!({
                "description": "The preference that the server applied. Sent if the request has it.",
                "schema": { "type": "string", "enum": [STRICT] },
            }),
        ),
        (REQUEST_ID, text("The id of the request in the server's log.", &examples::ID.to_string())),
        (
            header::RETRY_AFTER,
            json!({
                "description": "The number of seconds to wait before a retry.",
                "schema": { "type": "integer", "minimum": 0, "example": RETRY_AFTER_SECONDS },
            }),
        ),
        (header::WWW_AUTHENTICATE, text("The scheme of the key (RFC 6750).", "Bearer")),
        (
            TOTAL_COUNT,
            json!({
                "description": "Sent with a numbered page: the number of posts on all pages.",
                "schema": { "type": "integer", "format": "int64", "minimum": 0, "example": 25 },
            }),
        ),
    ]
}
