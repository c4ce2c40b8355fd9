//! A kept response, and its size.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::web::Bytes;
use domain::{Dependency, Revision};
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{ETAG, LAST_MODIFIED, LINK},
    response::Parts,
};
use quick_cache::Weighter;

use crate::headers::{PAGINATION_NAME, REQUEST_ID_NAME, TOTAL_COUNT_NAME};

const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_NAME);

/// An entry of the cache.
#[derive(Clone)]
pub(super) enum Entry {
    Response(Arc<StoredResponse>),
    /// The last response to this read was not stored.
    NotStored,
}

/// Header fields.
type Fields = [(HeaderName, HeaderValue)];

/// A response without its request id.
pub(crate) struct StoredResponse {
    pub(super) dependency: Dependency,
    /// The revision of the dependency before the posts were read.
    pub(super) revision: Revision,
    status: StatusCode,
    /// The headers that many responses have in common.
    common: Arc<Fields>,
    /// The headers whose values depend on the posts.
    own: Box<Fields>,
    body: Bytes,
}

/// The names of the headers whose values depend on the posts.
const OWN: [HeaderName; 5] = [
    ETAG,
    LAST_MODIFIED,
    LINK,
    HeaderName::from_static(PAGINATION_NAME),
    HeaderName::from_static(TOTAL_COUNT_NAME),
];

/// The sets of headers that responses have in common. Responses share them, which needs less memory,
/// so that more responses fit into the caches of the processor.
#[derive(Default)]
pub(super) struct CommonHeaders(Mutex<HashSet<Arc<Fields>>>);

impl CommonHeaders {
    /// The maximum number of shared sets. There are few combinations of content coding, preference
    /// and allowed origin.
    const MAX_SETS: usize = 256;

    fn share(&self, headers: Vec<(HeaderName, HeaderValue)>) -> Arc<Fields> {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.get(&headers[..]) {
            return Arc::clone(set);
        }
        let set: Arc<Fields> = headers.into();
        if sets.len() < Self::MAX_SETS {
            sets.insert(Arc::clone(&set));
        }
        set
    }
}

impl StoredResponse {
    pub(super) fn new(
        dependency: Dependency,
        revision: Revision,
        head: &Parts,
        body: &[u8],
        shared: &CommonHeaders,
    ) -> Self {
        let fields = head.headers.iter().filter(|(name, _)| *name != REQUEST_ID);
        let fields = fields.map(|(name, value)| (name.clone(), value.clone()));
        let (own, common): (Vec<_>, Vec<_>) = fields.partition(|(name, _)| OWN.contains(name));
        // The given body may be a part of a longer buffer.
        let body = Bytes::copy_from_slice(body);
        let (own, common) = (own.into(), shared.share(common));
        Self { dependency, revision, status: head.status, common, own, body }
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
        headers.reserve(self.common.len() + self.own.len() + 1);
        for (name, value) in self.common.iter().chain(&self.own) {
            headers.append(name, value.clone());
        }
        headers.insert(REQUEST_ID, id);
        response
    }
}

/// The memory of an entry without the texts in it, in bytes: the cache's own structures and the
/// allocations.
const ENTRY_BYTES: usize = 300;
/// The memory of a header, without its value, in bytes: the field, and the allocation of the value.
const HEADER_BYTES: usize = size_of::<(HeaderName, HeaderValue)>() + 32;

/// Computes the memory of an entry, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Weight;

impl Weighter<Vec<u8>, Entry> for Weight {
    fn weight(&self, key: &Vec<u8>, entry: &Entry) -> u64 {
        let response = match entry {
            Entry::NotStored => 0,
            Entry::Response(response) => {
                let headers = response.own.iter().map(|(_, value)| HEADER_BYTES + value.len());
                headers.sum::<usize>() + response.body.len()
            }
        };
        u64::try_from(ENTRY_BYTES + key.capacity() + response).unwrap_or(u64::MAX)
    }
}
