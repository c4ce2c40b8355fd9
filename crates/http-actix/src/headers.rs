//! The names of header fields that actix-web does not define, and the header lists for CORS.

use actix_web::http::header::{self, HeaderName, HeaderValue};

/// The request id, in the request, the response and the log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_NAME);
/// The name of [`REQUEST_ID`] as a text, for types of other crates.
pub(crate) const REQUEST_ID_NAME: &str = "x-request-id";
/// The pagination metadata of a numbered page: a JSON object, in the format of flask-smorest.
pub(crate) const PAGINATION: HeaderName = HeaderName::from_static(PAGINATION_NAME);
/// The name of [`PAGINATION`].
pub(crate) const PAGINATION_NAME: &str = "x-pagination";
/// The number of posts on all numbered pages.
pub(crate) const TOTAL_COUNT: HeaderName = HeaderName::from_static(TOTAL_COUNT_NAME);
/// The name of [`TOTAL_COUNT`].
pub(crate) const TOTAL_COUNT_NAME: &str = "x-total-count";
/// A unique key that makes a `POST` safe to retry.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Marks a response that repeats the response to an earlier request with the same key.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The preferences of the client (RFC 7240).
pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The preferences that the server applied (RFC 7240).
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The media types that `PATCH` accepts (RFC 5789).
pub(crate) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The security headers of every response.
///
/// The content security policy applies if a browser shows a response as a page. It allows nothing.
/// A page of this server has its own policy. The referrer policy keeps a preview token, which is
/// part of a URL, from other sites.
pub(crate) const SECURITY_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// The value of `Cache-Control` that forbids caches to store a response.
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The response headers that a script of another origin may read (CORS).
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

/// The request headers that a script of another origin may send (CORS).
///
/// The API reads some of them. HTTP and tracing libraries add the others automatically.
pub(crate) const ALLOWED: [HeaderName; 17] = [
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

/// Returns the name of a header field in its conventional form: `X-Request-Id`.
pub(crate) fn header_name(name: &HeaderName) -> String {
    conventional_name(name.as_str())
}

/// Returns the name of a header field with each word capitalized, with the usual exceptions.
pub(crate) fn conventional_name(name: &str) -> String {
    if name == header::ETAG.as_str() {
        return "ETag".to_owned();
    }
    if name == header::WWW_AUTHENTICATE.as_str() {
        return "WWW-Authenticate".to_owned();
    }
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}
