//! The records of idempotent requests.

use std::collections::BTreeMap;

use domain::{Fingerprint, KeyedRequest, PostId, Timestamp, ports::Insertion};

/// The recorded requests, by their [`record_key`](KeyedRequest::record_key).
#[derive(Debug, Default)]
pub(crate) struct Requests {
    by_key: BTreeMap<String, Recorded>,
}

/// A request and the post that it created.
#[derive(Debug)]
struct Recorded {
    fingerprint: Fingerprint,
    post: PostId,
    at: Timestamp,
}

impl Requests {
    /// Returns the answer to a request whose key is in use. Returns `None` when the key is not in
    /// use, or when its record has expired.
    pub(crate) fn answer(&self, request: &KeyedRequest) -> Option<Insertion> {
        let recorded = self.by_key.get(&request.record_key())?;
        if recorded.at < request.expired_before() {
            return None;
        }
        Some(if recorded.fingerprint == request.fingerprint {
            Insertion::AlreadyCreated { id: recorded.post, at: recorded.at }
        } else {
            Insertion::KeyReused
        })
    }

    /// Records that a request has created a post, and removes expired records.
    pub(crate) fn record(&mut self, request: &KeyedRequest, post: PostId) {
        let expired = request.expired_before();
        self.by_key.retain(|_, recorded| recorded.at >= expired);
        let recorded = Recorded { fingerprint: request.fingerprint, post, at: request.at };
        self.by_key.insert(request.record_key(), recorded);
    }
}
