//! Revisions: they show whether stored posts have changed, without a read of the posts.

use std::{
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::PostId;

/// The posts that the result of a read depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
    /// One post.
    Post(PostId),
    /// All posts, as in a list.
    AllPosts,
}

/// The revision of a [`Dependency`]. If two revisions are equal, none of its posts was changed
/// between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// The number of times when the store could not say which posts had changed.
    unknown: u64,
    /// The number of changes of the posts.
    changes: u64,
}

/// The maximum time until a change by another process leads to another revision.
pub const MAX_STALENESS: Duration = Duration::from_millis(100);

/// The number of counters for single posts. Posts with the same counter seem to change together.
const COUNTERS: usize = 4_096;

/// Counts the changes of some posts.
#[derive(Debug, Default)]
struct Counter {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Counter {
    /// Returns the number of changes. Returns `None` while a change is in progress.
    fn stable(&self) -> Option<u64> {
        // In this order, equal numbers mean that no change was in progress between the two loads.
        let ended = self.ended.load(Ordering::SeqCst);
        let begun = self.begun.load(Ordering::SeqCst);
        (begun == ended).then_some(begun)
    }
}

/// Counts the changes of posts in a store.
///
/// A store calls [`change`](Self::change) before a change becomes visible to readers. It drops the
/// result when the change is visible to all readers.
#[derive(Debug)]
pub struct Revisions {
    posts: Box<[Counter]>,
    all_posts: Counter,
    unknown: AtomicU64,
}

impl Default for Revisions {
    fn default() -> Self {
        Self {
            posts: (0..COUNTERS).map(|_| Counter::default()).collect(),
            all_posts: Counter::default(),
            unknown: AtomicU64::new(0),
        }
    }
}

impl Revisions {
    /// Returns the revision of a dependency. Returns `None` while one of its posts is being changed.
    #[must_use]
    pub fn of(&self, dependency: Dependency) -> Option<Revision> {
        let unknown = self.unknown.load(Ordering::SeqCst);
        self.counter(dependency).stable().map(|changes| Revision { unknown, changes })
    }

    /// Records that posts are being changed, until the result is dropped.
    pub fn change(&self, posts: impl IntoIterator<Item = PostId>) -> Change<'_> {
        let posts: Vec<_> = posts.into_iter().map(Dependency::Post).collect();
        let change = Change { revisions: self, posts };
        change.count(|counter| &counter.begun);
        change
    }

    /// Records that any posts may have changed, such as by another process.
    pub fn change_unknown(&self) {
        self.unknown.fetch_add(1, Ordering::SeqCst);
    }

    fn counter(&self, dependency: Dependency) -> &Counter {
        let counter = || {
            let Dependency::Post(id) = dependency else { return None };
            let hash = BuildHasherDefault::<DefaultHasher>::new().hash_one(id);
            self.posts.get(usize::try_from(hash).unwrap_or_default() % COUNTERS)
        };
        counter().unwrap_or(&self.all_posts)
    }
}

/// A change of posts that has begun. Dropping it ends the change.
#[derive(Debug)]
pub struct Change<'a> {
    revisions: &'a Revisions,
    posts: Vec<Dependency>,
}

impl Change<'_> {
    fn count(&self, number: impl Fn(&Counter) -> &AtomicU64) {
        if self.posts.is_empty() {
            return;
        }
        for dependency in self.posts.iter().chain([&Dependency::AllPosts]) {
            number(self.revisions.counter(*dependency)).fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.count(|counter| &counter.ended);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn post(number: u128) -> Dependency {
        Dependency::Post(PostId::new(Uuid::from_u128(number)))
    }

    fn change(revisions: &Revisions, number: u128) -> Change<'_> {
        revisions.change([PostId::new(Uuid::from_u128(number))])
    }

    #[test]
    fn a_change_gives_the_post_and_the_lists_a_new_revision() {
        let revisions = Revisions::default();
        let before =
            [post(1), post(2), Dependency::AllPosts].map(|dependency| revisions.of(dependency));

        drop(change(&revisions, 1));

        let after =
            [post(1), post(2), Dependency::AllPosts].map(|dependency| revisions.of(dependency));
        assert_eq!([0, 1, 2].map(|n| before[n] == after[n]), [false, true, false]);
        assert!(after.iter().all(Option::is_some));
    }

    #[test]
    fn there_is_no_revision_during_a_change() {
        let revisions = Revisions::default();

        let (first, second) = (change(&revisions, 1), change(&revisions, 1));

        assert_eq!(
            [post(1), Dependency::AllPosts].map(|dependency| revisions.of(dependency)),
            [None, None]
        );
        drop(first);
        assert_eq!(revisions.of(post(1)), None, "the second change has not ended");
        assert!(revisions.of(post(2)).is_some());
        drop(second);
        assert!(revisions.of(post(1)).is_some());
    }

    #[test]
    fn an_unknown_change_gives_everything_a_new_revision() {
        let revisions = Revisions::default();
        let before = [post(1), Dependency::AllPosts].map(|dependency| revisions.of(dependency));

        revisions.change_unknown();

        let after = [post(1), Dependency::AllPosts].map(|dependency| revisions.of(dependency));
        assert!(before[0] != after[0] && before[1] != after[1]);
    }
}
