//! The records of idempotent requests.

use std::collections::BTreeMap;

use domain::{Fingerprint, IdempotencyKey, KeyedRequest, PostId, Timestamp, ports::Insertion};

/// The recorded requests, by idempotency key.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    by_key: BTreeMap<IdempotencyKey, Recorded>,
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
        let recorded = self.by_key.get(&request.key)?;
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
        let KeyedRequest { key, fingerprint, at } = request;
        let expired = request.expired_before();
        self.by_key.retain(|_, recorded| recorded.at >= expired);
        self.by_key.insert(key.clone(), Recorded { fingerprint: *fingerprint, post, at: *at });
    }
}
