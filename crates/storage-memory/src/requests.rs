//! Which requests have made which posts.

use std::collections::BTreeMap;

use domain::{Fingerprint, IdempotencyKey, KeyedRequest, PostId, Timestamp, ports::Insertion};

/// The requests that came with a key, by that key.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    by_key: BTreeMap<IdempotencyKey, Recorded>,
}

/// What a request has done.
#[derive(Debug)]
struct Recorded {
    fingerprint: Fingerprint,
    post: PostId,
    at: Timestamp,
}

impl Requests {
    /// What there is to answer to a request whose key was used before. `None` where it was not, or
    /// where that is forgotten.
    pub(crate) fn answer(&self, request: &KeyedRequest) -> Option<Insertion> {
        let recorded = self.by_key.get(&request.key)?;
        if recorded.at < request.forgotten_before() {
            return None;
        }
        Some(if recorded.fingerprint == request.fingerprint {
            Insertion::MadeBefore { id: recorded.post, at: recorded.at }
        } else {
            Insertion::KeyUsed
        })
    }

    /// Records that a request has made a post, and drops what is forgotten by then.
    pub(crate) fn record(&mut self, request: &KeyedRequest, post: PostId) {
        let KeyedRequest { key, fingerprint, at } = request;
        let forgotten = request.forgotten_before();
        self.by_key.retain(|_, recorded| recorded.at >= forgotten);
        self.by_key.insert(key.clone(), Recorded { fingerprint: *fingerprint, post, at: *at });
    }
}
