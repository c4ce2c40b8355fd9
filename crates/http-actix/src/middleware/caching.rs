//! What a cache may do with an answer, and what an answer depends on.

use std::collections::BTreeSet;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{
            ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, ETAG,
            EntityTag, HeaderMap, HeaderValue, VARY,
        },
    },
    middleware::Next,
};

use crate::{entity_tag, headers::PREFER};

/// A cache must revalidate the response before it uses it again: the `ETag` makes that cheap.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// A cache must not store the response.
const KEEP_NOTHING: HeaderValue = HeaderValue::from_static("no-store");

/// Completes the headers that say what a response depends on and how long it is valid, unless its
/// endpoint has set them. A read with an `ETag` can be revalidated. Errors and whole lists that are
/// streamed have none, and what a key was sent for is private: they are not stored.
pub(crate) async fn caching(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    let has_key = request.headers().contains_key(AUTHORIZATION);
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        if has_key || (is_read && !headers.contains_key(ETAG)) {
            headers.insert(CACHE_CONTROL, KEEP_NOTHING);
        } else if is_read {
            headers.insert(CACHE_CONTROL, REVALIDATE);
        }
    }
    name_what_it_depends_on(headers);
    name_the_coding(headers);
    Ok(response)
}

/// One `Vary` of everything, whoever has said some of it before: errors come in two forms, bodies in
/// several codings, and what is an error is a matter of preference.
fn name_what_it_depends_on(headers: &mut HeaderMap) {
    let mut names: BTreeSet<String> =
        [ACCEPT, ACCEPT_ENCODING, PREFER].map(|name| name.to_string()).into();
    for line in headers.remove(VARY) {
        let line = line.to_str().unwrap_or_default();
        names.extend(line.split(',').map(|name| name.trim().to_ascii_lowercase()));
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    if let Ok(value) = HeaderValue::try_from(names) {
        headers.insert(VARY, value);
    }
}

/// A strong `ETag` names the very bytes, so compressed ones have another.
fn name_the_coding(headers: &mut HeaderMap) {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(tag), Some(coding)) = (text(ETAG), text(CONTENT_ENCODING)) else { return };
    let Ok(tag) = tag.parse::<EntityTag>() else { return };
    if let Ok(value) = HeaderValue::try_from(entity_tag::in_coding(&tag, coding).to_string()) {
        headers.insert(ETAG, value);
    }
}
