//! A kept response, and its size.

use std::sync::Arc;

use actix_web::web::Bytes;
use domain::{Dependency, Revision};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, response::Parts};
use quick_cache::Weighter;

use crate::headers::REQUEST_ID_NAME;

const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_NAME);

/// An entry of the cache.
#[derive(Clone)]
pub(super) enum Entry {
    Response(Arc<StoredResponse>),
    /// The last response to this read was not stored.
    NotStored,
}

/// A response without its request id.
pub(crate) struct StoredResponse {
    pub(super) dependency: Dependency,
    /// The revision of the dependency before the posts were read.
    pub(super) revision: Revision,
    status: StatusCode,
    headers: Box<[(HeaderName, HeaderValue)]>,
    body: Bytes,
}

impl StoredResponse {
    pub(super) fn new(
        dependency: Dependency,
        revision: Revision,
        head: &Parts,
        body: &[u8],
    ) -> Self {
        let headers = compact(&head.headers);
        // The given body may be a part of a longer buffer.
        let body = Bytes::copy_from_slice(body);
        Self { dependency, revision, status: head.status, headers, body }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The length of the body, in bytes.
    pub(crate) fn body_length(&self) -> u64 {
        u64::try_from(self.body.len()).unwrap_or(u64::MAX)
    }

    /// Returns the response, with another request id.
    pub(crate) fn with_request_id(&self, id: HeaderValue) -> Response<Bytes> {
        let mut response = Response::new(self.body.clone());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(self.headers.len() + 1);
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        headers.insert(REQUEST_ID, id);
        response
    }
}

/// Returns the headers except the request id. All values share one buffer, which needs much less
/// memory than a buffer for each.
fn compact(headers: &HeaderMap) -> Box<[(HeaderName, HeaderValue)]> {
    let kept = || headers.iter().filter(|(name, _)| *name != REQUEST_ID);
    let values: Vec<u8> = kept().flat_map(|(_, value)| value.as_bytes()).copied().collect();
    let mut rest = Bytes::from(values);
    kept()
        .map(|(name, value)| {
            let shared = HeaderValue::from_maybe_shared(rest.split_to(value.len()));
            (name.clone(), shared.unwrap_or_else(|_| value.clone()))
        })
        .collect()
}

/// The memory of an entry without the texts in it, in bytes: the cache's own structures and the
/// allocations.
const ENTRY_BYTES: usize = 300;
/// The memory of a header, without its value, in bytes.
const HEADER_BYTES: usize = size_of::<(HeaderName, HeaderValue)>();

/// Computes the memory of an entry, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Weight;

impl Weighter<Vec<u8>, Entry> for Weight {
    fn weight(&self, key: &Vec<u8>, entry: &Entry) -> u64 {
        let response = match entry {
            Entry::NotStored => 0,
            Entry::Response(response) => {
                let headers = response.headers.iter().map(|(_, value)| HEADER_BYTES + value.len());
                headers.sum::<usize>() + response.body.len()
            }
        };
        u64::try_from(ENTRY_BYTES + key.capacity() + response).unwrap_or(u64::MAX)
    }
}
