//! The headers that this API has beyond those of HTTP itself, and which of all a browser may see.

use actix_web::http::header::{self, HeaderName};

/// Names a request, in its answer and in the log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The page of a numbered list, as flask-smorest has it: a JSON object.
pub(crate) const PAGINATION: HeaderName = HeaderName::from_static("x-pagination");
/// How many posts a numbered list has on all its pages.
pub(crate) const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
/// Names a request, so that it can be repeated without being done twice.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is that of an earlier request.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// How a request is to be treated (RFC 7240).
pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
/// How it was treated, where that was asked for (RFC 7240).
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// In which types a `PATCH` may come (RFC 5789).
pub(crate) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The headers of an answer that the script of another origin may read.
pub(crate) const EXPOSED: [HeaderName; 9] = [
    header::ETAG,
    header::LINK,
    header::LOCATION,
    PAGINATION,
    TOTAL_COUNT,
    header::RETRY_AFTER,
    REQUEST_ID,
    IDEMPOTENT_REPLAYED,
    PREFERENCE_APPLIED,
];

/// The headers that the script of another origin may send: those that the API reads, and those that HTTP
/// libraries and tracing libraries add by themselves.
pub(crate) const TAKEN: [HeaderName; 17] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CACHE_CONTROL,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::PRAGMA,
    IDEMPOTENCY_KEY,
    PREFER,
    REQUEST_ID,
    HeaderName::from_static("x-requested-with"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
    HeaderName::from_static("sentry-trace"),
];

/// A header's name as it is commonly written: each word with a capital.
pub(crate) fn header_name(name: &HeaderName) -> String {
    if *name == header::ETAG {
        return "ETag".to_owned();
    }
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}
