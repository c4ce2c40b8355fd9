//! HTTP caching: `Cache-Control`, `Vary` and the `ETag` of compressed responses.

use std::collections::BTreeSet;

use actix_web::{
    dev::ServiceRequest,
    http::{
        Method,
        header::{
            ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, ETAG,
            EntityTag, HeaderMap, HeaderValue, VARY,
        },
    },
};

use crate::{
    access::AuthMode,
    entity_tag,
    headers::{NO_STORE, PREFER},
    options::Options,
    request::PreviewParameter,
};

/// A cache must revalidate a stored response before reuse. The `ETag` makes revalidation cheap.
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// Completes the caching headers of a response.
///
/// Sets `Cache-Control` unless the endpoint has set it, completes `Vary`, and adds the content
/// coding to the `ETag`.
///
/// The response to a read gets `no-cache` if it has an `ETag`, because a cache can revalidate it.
/// Without an `ETag`, as in most errors and in streamed lists, it gets `no-store`. Every response
/// to a request with `Authorization` or with a preview token is private, so it gets `no-store` too.
pub(super) struct Caching {
    is_read: bool,
    is_private: bool,
    needs_keys: bool,
}

impl Caching {
    pub(super) fn of(request: &ServiceRequest) -> Self {
        Self {
            is_read: [Method::GET, Method::HEAD].contains(request.method()),
            is_private: request.headers().contains_key(AUTHORIZATION)
                || PreviewParameter::is_in(request.query_string()),
            needs_keys: Options::of(request.request()).auth != AuthMode::Off,
        }
    }

    pub(super) fn complete(&self, headers: &mut HeaderMap) {
        if self.is_private {
            headers.insert(CACHE_CONTROL, NO_STORE);
        } else if self.is_read && !headers.contains_key(CACHE_CONTROL) {
            let value = if headers.contains_key(ETAG) { NO_CACHE } else { NO_STORE };
            headers.insert(CACHE_CONTROL, value);
        }
        complete_vary(headers, self.needs_keys);
        add_coding_to_tag(headers);
    }
}

/// Merges all `Vary` lines into one and adds the request headers that select a response.
///
/// `Accept` selects the media type of an error, `Accept-Encoding` the content coding, and `Prefer`
/// whether an unknown parameter is an error. `Authorization` selects which posts exist.
fn complete_vary(headers: &mut HeaderMap, needs_keys: bool) {
    let mut names: BTreeSet<String> =
        [ACCEPT, ACCEPT_ENCODING, PREFER].map(|name| name.to_string()).into();
    if needs_keys {
        names.insert(AUTHORIZATION.to_string());
    }
    for line in headers.remove(VARY) {
        let line = line.to_str().unwrap_or_default();
        names.extend(line.split(',').map(|name| name.trim().to_ascii_lowercase()));
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    if let Ok(value) = HeaderValue::try_from(names) {
        headers.insert(VARY, value);
    }
}

/// Adds the content coding to the `ETag`, because a strong tag identifies the exact bytes.
fn add_coding_to_tag(headers: &mut HeaderMap) {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(tag), Some(coding)) = (text(ETAG), text(CONTENT_ENCODING)) else { return };
    let Ok(tag) = tag.parse::<EntityTag>() else { return };
    if let Ok(value) = HeaderValue::try_from(entity_tag::with_coding(&tag, coding).to_string()) {
        headers.insert(ETAG, value);
    }
}
