//! Revisions of posts in an SQLite file, which other processes may change too.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use domain::{Change, Dependency, MAX_STALENESS, PostId, Revision, Revisions};

/// The time between two checks for changes by other processes. It is a quarter of
/// [`MAX_STALENESS`], so that the revisions do not expire if a check is late.
const CHECK_INTERVAL: Duration = Duration::from_millis(25);

/// How long the checks go on after the last use of the revisions. Without use, the thread sleeps.
const USE: Duration = Duration::from_secs(1);

/// Revisions that expire. The writer thread renews them after each check for changes by other
/// processes. If it cannot check in time, there are no revisions, so that a reader cannot rely on
/// old ones.
#[derive(Debug)]
pub(super) struct LeasedRevisions {
    revisions: Revisions,
    start: Instant,
    /// When the revisions expire, in microseconds after `start`.
    expiry: AtomicU64,
    /// When a reader last used the revisions, in microseconds after `start`.
    used: AtomicU64,
    /// Whether a renewal was requested.
    requested: AtomicBool,
}

impl Default for LeasedRevisions {
    fn default() -> Self {
        Self {
            revisions: Revisions::default(),
            start: Instant::now(),
            expiry: AtomicU64::new(0),
            used: AtomicU64::new(0),
            requested: AtomicBool::new(false),
        }
    }
}

impl LeasedRevisions {
    /// Returns the revision of a dependency. Calls `request_renewal` if the revisions have expired.
    pub(super) fn of(
        &self,
        dependency: Dependency,
        request_renewal: impl FnOnce(),
    ) -> Option<Revision> {
        let revision = self.revisions.of(dependency);
        // The time is read after the revision. So the revision was up to date at that time, except
        // for changes that are younger than the last check.
        let now = self.micros(Instant::now());
        self.used.store(now, Ordering::Relaxed);
        if now < self.expiry.load(Ordering::SeqCst) {
            return revision;
        }
        if !self.requested.swap(true, Ordering::SeqCst) {
            request_renewal();
        }
        None
    }

    /// Records that posts are being changed, until the result is dropped.
    pub(super) fn change(&self, posts: impl IntoIterator<Item = PostId>) -> Change<'_> {
        self.revisions.change(posts)
    }

    /// Records that another process has changed the file.
    pub(super) fn change_unknown(&self) {
        self.revisions.change_unknown();
    }

    /// Renews the revisions after a check that began at `checked`.
    pub(super) fn renew(&self, checked: Instant) {
        self.requested.store(false, Ordering::SeqCst);
        self.expiry.store(self.micros(checked + MAX_STALENESS), Ordering::SeqCst);
    }

    /// Returns the time until the next check. Returns `None` if no reader has used the revisions
    /// recently. Then the next reader requests a renewal.
    pub(super) fn next_check(&self) -> Option<Duration> {
        let used = Duration::from_micros(self.used.load(Ordering::Relaxed));
        if self.start.elapsed().saturating_sub(used) < USE {
            return Some(CHECK_INTERVAL);
        }
        self.requested.store(false, Ordering::SeqCst);
        None
    }

    fn micros(&self, time: Instant) -> u64 {
        u64::try_from(time.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const POSTS: Dependency = Dependency::AllPosts;

    #[test]
    fn revisions_expire_and_a_renewal_is_requested_once() {
        let revisions = LeasedRevisions::default();
        let requests = Cell::new(0);
        let request = || requests.set(requests.get() + 1);

        assert_eq!(revisions.of(POSTS, request), None);
        assert_eq!(revisions.of(POSTS, request), None);
        assert_eq!(requests.get(), 1);

        revisions.renew(Instant::now());
        assert!(revisions.of(POSTS, request).is_some());
        assert_eq!(requests.get(), 1);

        // The check began a long time ago.
        revisions.renew(Instant::now().checked_sub(MAX_STALENESS).unwrap());
        assert_eq!(revisions.of(POSTS, request), None);
        assert_eq!(requests.get(), 2);
    }

    #[test]
    fn there_are_checks_only_after_a_reader_has_asked_for_a_revision() {
        let revisions = LeasedRevisions {
            start: Instant::now().checked_sub(2 * USE).unwrap(),
            ..LeasedRevisions::default()
        };

        assert_eq!(revisions.next_check(), None);
        revisions.of(POSTS, || ());
        assert_eq!(revisions.next_check(), Some(CHECK_INTERVAL));
    }
}
