//! Answers reads from the cache, before the application receives the request.

use std::{sync::Arc, time::Instant};

use actix_http::Request;
use actix_web::{
    HttpMessage as _,
    body::BodySize,
    http::{Method, header::AUTHORIZATION},
    web::Bytes,
};
use http::HeaderValue;

use crate::{
    app::Api,
    auth::{Authorizer, Identified},
    cache::{Lookup, Slot, StoredResponse},
    head::{Head as _, ReceivedHead},
    middleware::{UNKNOWN_REQUEST_ID, is_logged, log_cached},
    paths,
    response::{Reservation, ResponseMemory},
};

/// What the API answers to a request without the application.
pub enum Cached<'a> {
    /// The response, and the memory that is reserved for its body. `None` if the body is short.
    Response(http::Response<Bytes>, Option<Reservation>),
    /// The application has to answer. If there is a slot, its response can be stored.
    Missing(Option<Slot<'a>>),
}

/// A response of the cache, as bytes of HTTP/1.1.
pub struct CachedResponse {
    response: Arc<StoredResponse>,
    request_id: String,
    has_body: bool,
}

impl CachedResponse {
    /// Appends the head of the response to `bytes`. `date` is the value of the `Date` header.
    pub fn write_head(&self, date: &[u8], bytes: &mut Vec<u8>) {
        self.response.write_head(self.request_id.as_bytes(), date, bytes);
    }

    /// Returns the body. It is empty in the response to a `HEAD`.
    #[must_use]
    pub fn body(&self) -> Bytes {
        if self.has_body { self.response.body() } else { Bytes::new() }
    }
}

impl Api {
    /// Returns the response to a request without credentials, if the cache has it, it is short, and
    /// the client has not sent too many requests. Then counts the request for the rate limits.
    ///
    /// The response is the same as that of [`cached`](Self::cached), which answers or refuses the
    /// other requests.
    #[must_use]
    pub fn cached_plain(&self, head: &ReceivedHead<'_>) -> Option<CachedResponse> {
        let is_of_posts = head.target.starts_with(paths::POSTS);
        if !is_of_posts || head.values(&AUTHORIZATION).next().is_some() {
            return None;
        }
        let started = is_logged().then(Instant::now);
        let viewer = Authorizer::without_credentials(&self.options);
        let response = self.cache.get(head, viewer)?;
        let has_body = head.method != Method::HEAD.as_str();
        if !ResponseMemory::is_short(response.body_length()) {
            return None;
        }
        self.authorizer.count(head, head.peer, &self.options).ok()?;
        self.cache.count_hit();
        let request_id = self.request_ids.of(head);
        if let Some(started) = started {
            let path = head.target.split('?').next().unwrap_or_default();
            log_cached(head.method, path, &request_id, response.status(), started);
        }
        Some(CachedResponse { response, request_id, has_body })
    }

    /// Looks for the response to a request without a body in the cache.
    ///
    /// Before that, identifies the caller and counts the request for the rate limits. The
    /// application does not do this again for the same request.
    pub async fn cached(&self, request: &mut Request) -> Cached<'_> {
        if !self.cache.may_have(request.head()) {
            return Cached::Missing(None);
        }
        let started = Instant::now();
        let identified = self.authorizer.identify(request.head(), &self.options).await;
        let found = match &identified {
            Ok(viewer) => self.cache.find(request.head(), *viewer).await,
            Err(_) => Lookup::Bypass,
        };
        request.extensions_mut().insert(Identified(identified));
        let stored = match found {
            Lookup::Hit(stored) => stored,
            Lookup::Miss(slot) => return Cached::Missing(Some(slot)),
            Lookup::Bypass => return Cached::Missing(None),
        };
        // The connection sends no body in response to a `HEAD`.
        let size = match request.head().method {
            Method::HEAD => BodySize::None,
            _ => BodySize::Sized(stored.body_length()),
        };
        let Ok(memory) = self.memory.reserve(size) else { return Cached::Missing(None) };
        let head = request.head();
        let id = self.request_ids.of(head);
        if is_logged() {
            log_cached(head.method.as_str(), head.uri.path(), &id, stored.status(), started);
        }
        let id = HeaderValue::try_from(id);
        let id = id.unwrap_or(HeaderValue::from_static(UNKNOWN_REQUEST_ID));
        Cached::Response(stored.with_request_id(id), memory)
    }
}
