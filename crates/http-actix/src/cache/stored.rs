//! A stored response, and its size.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::web::Bytes;
use domain::{Dependency, Revision};
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_LENGTH, DATE, ETAG, LAST_MODIFIED, LINK},
    response::Parts,
};
use httparse::EMPTY_HEADER;
use quick_cache::Weighter;

use crate::headers::{PAGINATION_NAME, REQUEST_ID_NAME, TOTAL_COUNT_NAME, conventional_name};

const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_NAME);

/// An entry of the cache.
#[derive(Clone)]
pub(super) enum Entry {
    Response(Arc<StoredResponse>),
    /// The last response to this read was not stored.
    NotStored,
}

/// A response as bytes of HTTP/1.1 (RFC 9112, section 2.1), without its request id and its date.
pub(crate) struct StoredResponse {
    pub(super) dependency: Dependency,
    /// The revision of the dependency before the posts were read.
    pub(super) revision: Revision,
    status: StatusCode,
    /// The status line, and the lines of the fields that many responses have in common.
    common: Arc<[u8]>,
    /// The lines of the other fields, and then the body. One allocation takes less time to read.
    own: Bytes,
    /// The position of the body in `own`.
    body: usize,
}

/// The names of the fields whose values depend on the posts.
const OWN: [HeaderName; 5] = [
    ETAG,
    LAST_MODIFIED,
    LINK,
    HeaderName::from_static(PAGINATION_NAME),
    HeaderName::from_static(TOTAL_COUNT_NAME),
];

/// The fields that are added when a response is sent.
const NOT_STORED: [HeaderName; 3] = [REQUEST_ID, DATE, CONTENT_LENGTH];

/// The starts of heads that responses have in common. Responses share them, which needs less
/// memory, so that more responses fit into the caches of the processor.
#[derive(Default)]
pub(super) struct CommonLines(Mutex<HashSet<Arc<[u8]>>>);

impl CommonLines {
    /// The maximum number of shared heads. There are few combinations of status, content coding,
    /// preference and allowed origin.
    const MAX_HEADS: usize = 256;

    fn share(&self, lines: Vec<u8>) -> Arc<[u8]> {
        let mut heads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = heads.get(&lines[..]) {
            return Arc::clone(head);
        }
        let head: Arc<[u8]> = lines.into();
        if heads.len() < Self::MAX_HEADS {
            heads.insert(Arc::clone(&head));
        }
        head
    }
}

impl StoredResponse {
    /// The maximum number of fields of a response that can be stored.
    pub(super) const MAX_FIELDS: usize = 64;

    pub(super) fn new(
        dependency: Dependency,
        revision: Revision,
        head: &Parts,
        body: &[u8],
        shared: &CommonLines,
    ) -> Self {
        let status = head.status;
        let reason = status.canonical_reason().unwrap_or_default();
        let mut common = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
        let mut own = Vec::new();
        for (name, value) in head.headers.iter().filter(|(name, _)| !NOT_STORED.contains(name)) {
            let lines = if OWN.contains(name) { &mut own } else { &mut common };
            write_field(&conventional_name(name.as_str()), value.as_bytes(), lines);
        }
        // A 304 has no body, and the length would be that of the 200 (RFC 9110, section 8.6).
        if status != StatusCode::NOT_MODIFIED {
            write_field("Content-Length", body.len().to_string().as_bytes(), &mut own);
        }
        let start = own.len();
        own.extend_from_slice(body);
        let (common, own) = (shared.share(common), own.into());
        Self { dependency, revision, status, common, own, body: start }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The length of the body, in bytes.
    pub(crate) fn body_length(&self) -> u64 {
        u64::try_from(self.own.len() - self.body).unwrap_or(u64::MAX)
    }

    /// Returns the body.
    pub(crate) fn body(&self) -> Bytes {
        self.own.slice(self.body..)
    }

    /// Appends the head to `bytes`.
    pub(crate) fn write_head(&self, request_id: &[u8], date: &[u8], bytes: &mut Vec<u8>) {
        self.write_lines(bytes);
        write_field("X-Request-Id", request_id, bytes);
        write_field("Date", date, bytes);
        bytes.extend_from_slice(b"\r\n");
    }

    fn write_lines(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.common);
        bytes.extend_from_slice(self.own.get(..self.body).unwrap_or_default());
    }

    /// Returns the response, with a request id.
    pub(crate) fn with_request_id(&self, id: HeaderValue) -> Response<Bytes> {
        let mut response = Response::new(self.body());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let mut lines = Vec::new();
        self.write_lines(&mut lines);
        lines.extend_from_slice(b"\r\n");
        let mut fields = [EMPTY_HEADER; Self::MAX_FIELDS + 1];
        let mut parsed = httparse::Response::new(&mut fields);
        if parsed.parse(&lines).is_ok() {
            for field in parsed.headers.iter() {
                let name = HeaderName::from_bytes(field.name.as_bytes());
                let value = HeaderValue::from_bytes(field.value);
                // The connection adds the length.
                if let (Ok(name), Ok(value)) = (name, value)
                    && name != CONTENT_LENGTH
                {
                    headers.append(name, value);
                }
            }
        }
        headers.insert(REQUEST_ID, id);
        response
    }
}

fn write_field(name: &str, value: &[u8], bytes: &mut Vec<u8>) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        bytes.extend_from_slice(part);
    }
}

/// The memory of an entry without the texts in it, in bytes: the cache's own structures and the
/// allocations.
const ENTRY_BYTES: usize = 300;

/// Computes the memory of an entry, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Weight;

impl Weighter<Vec<u8>, Entry> for Weight {
    fn weight(&self, key: &Vec<u8>, entry: &Entry) -> u64 {
        let response = match entry {
            Entry::NotStored => 0,
            Entry::Response(response) => response.own.len(),
        };
        u64::try_from(ENTRY_BYTES + key.capacity() + response).unwrap_or(u64::MAX)
    }
}
