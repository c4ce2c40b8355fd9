//! Keeps the responses to reads of posts. If the same read is repeated, and no post that it depends
//! on has changed, it is answered without the store and without the application.
//!
//! | to find | look in |
//! |---|---|
//! | what a response depends on, besides the posts | `key` |
//! | a kept response, and its size | `stored` |
//! | the cache | this file |

mod key;
mod stored;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use actix_web::dev::RequestHead;
use domain::{Dependency, Revision, Viewer, ports::PostRevisions};
use http::response::Parts;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder,
    sync::{Cache, DefaultLifecycle, EntryAction, EntryResult, PlaceholderGuard},
};

use self::{
    key::{dependency, key},
    stored::{CommonLines, Entry, Weight},
};
use crate::head::Head;

pub(crate) use self::stored::StoredResponse;

/// The assumed average size of an entry, in bytes. The cache estimates from it how many entries it
/// will have.
const AVERAGE_ENTRY: usize = 4 << 10;

/// The largest part of the cache that one response may use.
const LARGEST_PART: usize = 32;

type Entries = Cache<Vec<u8>, Entry, Weight>;
type Guard<'a> = PlaceholderGuard<
    'a,
    Vec<u8>,
    Entry,
    Weight,
    DefaultHashBuilder,
    DefaultLifecycle<Vec<u8>, Entry>,
>;

/// The kept responses of a server. All workers share it.
pub(crate) struct ResponseCache {
    /// `None` if the cache is off.
    entries: Option<Entries>,
    common: CommonLines,
    largest_body: usize,
    revisions: Arc<dyn PostRevisions>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How often the cache was used, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheStatistics {
    /// The number of reads that were answered from the cache.
    pub hits: u64,
    /// The number of reads of posts that the application had to answer.
    pub misses: u64,
    /// The memory of the kept responses, in bytes.
    pub bytes: u64,
}

/// What the cache has for a read.
pub(crate) enum Lookup<'a> {
    /// A response that is up to date.
    Hit(Arc<StoredResponse>),
    /// Nothing. The response to this read can be stored in the slot.
    Miss(Slot<'a>),
    /// Nothing, and the response cannot be stored.
    Bypass,
}

impl ResponseCache {
    /// Creates a cache of at most `bytes` bytes. With 0, the cache is off.
    pub(crate) fn new(bytes: usize, revisions: Arc<dyn PostRevisions>) -> Self {
        let options = OptionsBuilder::new()
            .weight_capacity(u64::try_from(bytes).unwrap_or(u64::MAX))
            .estimated_items_capacity(bytes / AVERAGE_ENTRY)
            .build();
        let entries = options.ok().filter(|_| bytes > 0).map(|options| {
            Entries::with_options(
                options,
                Weight,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            )
        });
        let (hits, misses) = (AtomicU64::new(0), AtomicU64::new(0));
        let (common, largest_body) = (CommonLines::default(), bytes / LARGEST_PART);
        Self { entries, common, largest_body, revisions, hits, misses }
    }

    /// Returns whether the response to a request may be in the cache.
    pub(crate) fn may_have(&self, head: &RequestHead) -> bool {
        self.entries.is_some() && key::is_read_of_posts(head)
    }

    /// Returns the response to a request, if it is in the cache and up to date.
    pub(crate) fn get(&self, head: &impl Head, viewer: Viewer) -> Option<Arc<StoredResponse>> {
        self.current(self.entries.as_ref()?, &key(head, viewer))
    }

    /// Counts a response that was sent from the cache.
    pub(crate) fn count_hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// Looks up the response to a request for which [`may_have`](Self::may_have) is true.
    ///
    /// If another request for the same response is being answered, waits for its response. So a
    /// burst of equal requests causes only one read of the store.
    pub(crate) async fn find(&self, head: &RequestHead, viewer: Viewer) -> Lookup<'_> {
        let Some(entries) = &self.entries else { return Lookup::Bypass };
        let key = key(head, viewer);
        if let Some(response) = self.current(entries, &key) {
            self.count_hit();
            return Lookup::Hit(response);
        }
        let Some(dependency) = dependency(head) else { return Lookup::Bypass };
        // The revision is from before the read. If it is the same later, no write came in between.
        let Some(revision) = self.revisions.revision(dependency) else {
            self.misses.fetch_add(1, Ordering::Relaxed);
            return Lookup::Bypass;
        };
        let entry = entries.entry_async(&key[..], |_, entry| match entry {
            Entry::Response(response) if self.is_current(response) => {
                EntryAction::Retain(Some(Arc::clone(response)))
            }
            Entry::Response(_) => EntryAction::ReplaceWithGuard,
            Entry::NotStored => EntryAction::Retain(None),
        });
        let place = match entry.await {
            EntryResult::Retained(Some(response)) => {
                self.count_hit();
                return Lookup::Hit(response);
            }
            EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => Place::Reserved(guard),
            _ => Place::Free(entries, key),
        };
        self.misses.fetch_add(1, Ordering::Relaxed);
        Lookup::Miss(Slot { cache: self, place, dependency, revision })
    }

    /// Returns how often the cache was used, and its size.
    pub(crate) fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            bytes: self.entries.as_ref().map_or(0, Entries::weight),
        }
    }

    /// Returns the entry with a key, if it is a response that is up to date.
    fn current(&self, entries: &Entries, key: &[u8]) -> Option<Arc<StoredResponse>> {
        match entries.get(key)? {
            Entry::Response(response) if self.is_current(&response) => Some(response),
            Entry::Response(_) | Entry::NotStored => None,
        }
    }

    fn is_current(&self, response: &StoredResponse) -> bool {
        self.revisions.revision(response.dependency) == Some(response.revision)
    }
}

/// The place of a response in the cache.
pub struct Slot<'a> {
    cache: &'a ResponseCache,
    place: Place<'a>,
    dependency: Dependency,
    revision: Revision,
}

enum Place<'a> {
    /// Other requests for the same response wait until this is filled or dropped.
    Reserved(Guard<'a>),
    Free(&'a Entries, Vec<u8>),
}

impl Slot<'_> {
    /// The maximum length of a body that can be stored, in bytes.
    #[must_use]
    pub const fn largest_body(&self) -> usize {
        self.cache.largest_body
    }

    /// Returns whether a response can be stored: whether the response is a post or a page with a
    /// validator, or says that the client has the current one.
    #[must_use]
    pub fn accepts(&self, head: &Parts) -> bool {
        let is_success =
            [http::StatusCode::OK, http::StatusCode::NOT_MODIFIED].contains(&head.status);
        let has_few_fields = head.headers.len() <= StoredResponse::MAX_FIELDS;
        is_success && has_few_fields && head.headers.contains_key(http::header::ETAG)
    }

    /// Stores a response.
    pub fn fill(self, head: &Parts, body: &[u8]) {
        let common = &self.cache.common;
        let response = StoredResponse::new(self.dependency, self.revision, head, body, common);
        self.insert(Entry::Response(Arc::new(response)));
    }

    /// Records that the response is not stored. Then equal requests do not wait for each other.
    pub fn leave_empty(self) {
        self.insert(Entry::NotStored);
    }

    fn insert(self, entry: Entry) {
        match self.place {
            // This fails only if the entry was evicted meanwhile.
            Place::Reserved(guard) => drop(guard.insert(entry)),
            Place::Free(entries, key) => entries.insert(key, entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{dev::ServiceRequest, test::TestRequest};
    use domain::{PostId, Revisions};
    use futures_util::FutureExt as _;
    use http::{Response, StatusCode};
    use uuid::Uuid;

    use super::*;

    const ANYONE: Viewer = Viewer::Unrestricted;

    #[derive(Default)]
    struct Store(Revisions);

    impl PostRevisions for Store {
        fn revision(&self, dependency: Dependency) -> Option<Revision> {
            self.0.of(dependency)
        }
    }

    fn cache() -> (Arc<Store>, ResponseCache) {
        let store = Arc::<Store>::default();
        (Arc::clone(&store), ResponseCache::new(1 << 20, store))
    }

    fn post(number: u128) -> PostId {
        PostId::new(Uuid::from_u128(number))
    }

    fn get(number: u128) -> ServiceRequest {
        let path = format!("{}/{}", crate::paths::POSTS, post(number));
        TestRequest::with_uri(&path).to_srv_request()
    }

    fn head(status: StatusCode) -> Parts {
        Response::builder()
            .status(status)
            .header("etag", "\"1\"")
            .header("x-request-id", "first")
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    /// Returns the kept body of the response to a request.
    async fn kept(cache: &ResponseCache, request: &ServiceRequest) -> Option<Vec<u8>> {
        match cache.find(request.head(), ANYONE).await {
            Lookup::Hit(response) => {
                let response = response.with_request_id("second".parse().unwrap());
                assert_eq!(response.headers()["x-request-id"], "second");
                assert_eq!(response.headers()["etag"], "\"1\"");
                Some(response.into_body().to_vec())
            }
            Lookup::Miss(_) | Lookup::Bypass => None,
        }
    }

    async fn slot<'a>(cache: &'a ResponseCache, request: &ServiceRequest) -> Slot<'a> {
        match cache.find(request.head(), ANYONE).await {
            Lookup::Miss(slot) => slot,
            Lookup::Hit(_) => panic!("a response is kept"),
            Lookup::Bypass => panic!("the response cannot be stored"),
        }
    }

    async fn keep(cache: &ResponseCache, request: &ServiceRequest, body: &str) {
        slot(cache, request).await.fill(&head(StatusCode::OK), body.as_bytes());
    }

    #[actix_web::test]
    async fn a_response_is_kept_until_its_post_changes() {
        let (store, cache) = cache();
        keep(&cache, &get(1), "one").await;
        keep(&cache, &get(2), "two").await;

        drop(store.0.change([post(1)]));

        assert_eq!(kept(&cache, &get(1)).await, None);
        assert_eq!(kept(&cache, &get(2)).await.as_deref(), Some(&b"two"[..]));
    }

    #[actix_web::test]
    async fn a_response_that_was_read_before_a_change_is_not_used() {
        let (store, cache) = cache();
        let slot = slot(&cache, &get(1)).await;
        drop(store.0.change([post(1)]));

        slot.fill(&head(StatusCode::OK), b"old");

        assert_eq!(kept(&cache, &get(1)).await, None);
    }

    #[actix_web::test]
    async fn nothing_is_kept_or_used_during_a_change() {
        let (store, cache) = cache();
        keep(&cache, &get(1), "one").await;

        let change = store.0.change([post(1)]);

        assert!(matches!(cache.find(get(1).head(), ANYONE).await, Lookup::Bypass));
        drop(change);
    }

    #[actix_web::test]
    async fn equal_requests_wait_for_the_first() {
        let (_, cache) = cache();
        let request = get(1);
        let first = slot(&cache, &request).await;
        let mut waiting = Box::pin(kept(&cache, &request));
        assert_eq!((&mut waiting).now_or_never(), None);
        assert!(kept(&cache, &get(2)).now_or_never().is_some(), "another post is not affected");

        first.fill(&head(StatusCode::OK), b"one");

        assert_eq!(waiting.await.as_deref(), Some(&b"one"[..]));
    }

    #[actix_web::test]
    async fn after_a_response_that_was_not_stored_no_request_waits() {
        let (_, cache) = cache();
        let request = get(1);
        slot(&cache, &request).await.leave_empty();

        let _first = slot(&cache, &request).now_or_never().unwrap();
        let second = slot(&cache, &request).now_or_never().unwrap();

        second.fill(&head(StatusCode::OK), b"one");
        assert_eq!(kept(&cache, &request).await.as_deref(), Some(&b"one"[..]));
    }

    #[actix_web::test]
    async fn when_the_first_request_is_cancelled_the_next_one_takes_its_place() {
        let (_, cache) = cache();
        let request = get(1);
        let first = slot(&cache, &request).await;
        let mut waiting = Box::pin(slot(&cache, &request));
        assert!((&mut waiting).now_or_never().is_none());

        drop(first);

        waiting.await.fill(&head(StatusCode::OK), b"one");
        assert!(kept(&cache, &request).await.is_some());
    }

    #[actix_web::test]
    async fn only_successful_responses_with_a_tag_are_accepted() {
        let (_, cache) = cache();
        let slot = slot(&cache, &get(1)).await;
        for (status, expected) in [
            (StatusCode::OK, true),
            (StatusCode::NOT_MODIFIED, true),
            (StatusCode::NOT_FOUND, false),
            (StatusCode::PRECONDITION_FAILED, false),
            (StatusCode::SERVICE_UNAVAILABLE, false),
        ] {
            assert_eq!(slot.accepts(&head(status)), expected, "{status}");
        }
        assert!(!slot.accepts(&Response::new(()).into_parts().0), "a streamed list has no tag");
    }

    #[actix_web::test]
    async fn the_memory_of_all_entries_stays_below_the_limit() {
        let (_, cache) = cache();
        let body = "x".repeat(2_000);

        for number in 0..5_000 {
            keep(&cache, &get(number), &body).await;
        }

        let weight = cache.entries.as_ref().unwrap().weight();
        assert!((1 << 19..=1 << 20).contains(&weight), "{weight}");
        assert!(kept(&cache, &get(4_999)).await.is_some());
    }

    #[actix_web::test]
    async fn a_cache_of_0_bytes_keeps_nothing() {
        let cache = ResponseCache::new(0, Arc::<Store>::default());

        assert!(!cache.may_have(get(1).head()));
    }
}
