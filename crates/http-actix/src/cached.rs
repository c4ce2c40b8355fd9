//! Answers reads from the cache, before the application receives the request.

use std::time::Instant;

use actix_http::Request;
use actix_web::{HttpMessage as _, body::BodySize, http::Method, web::Bytes};
use http::HeaderValue;

use crate::{
    app::Api,
    auth::Identified,
    cache::{Lookup, Slot},
    middleware::{UNKNOWN_REQUEST_ID, log_cached},
    response::Reservation,
};

/// What the API answers to a request without the application.
pub enum Cached<'a> {
    /// The response, and the memory that is reserved for its body. `None` if the body is short.
    Response(http::Response<Bytes>, Option<Reservation>),
    /// The application has to answer. If there is a slot, its response can be stored.
    Missing(Option<Slot<'a>>),
}

impl Api {
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
        let id = self.request_ids.of(request.head());
        log_cached(request.head(), &id, stored.status(), started);
        let id = HeaderValue::from_bytes(id.as_bytes());
        let id = id.unwrap_or(HeaderValue::from_static(UNKNOWN_REQUEST_ID));
        Cached::Response(stored.with_request_id(id), memory)
    }
}
