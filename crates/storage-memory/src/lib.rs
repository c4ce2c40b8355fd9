//! Keeps posts in memory, and loses them with the process.
//!
//! This is the port in its plainest form: read it to learn what an adapter has to do. Use it where
//! a test wants a repository that works and costs nothing.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, btree_map::Entry},
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{
    Post, PostChanges, PostId, Timestamp,
    ports::{PostArchive, PostFilter, PostRepository, RepositoryError},
};

/// Posts in memory. A lock around all of them makes every operation atomic.
#[derive(Debug, Default)]
pub struct MemoryPostRepository {
    posts: Mutex<BTreeMap<PostId, Post>>,
}

impl MemoryPostRepository {
    /// The posts, for the time of one operation. Whoever panicked with the lock in hand cannot
    /// have left a post half-changed, so the next one may go on.
    fn posts(&self) -> MutexGuard<'_, BTreeMap<PostId, Post>> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PostRepository for MemoryPostRepository {
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError> {
        match self.posts().entry(post.id()) {
            Entry::Occupied(_) => Err(RepositoryError::Conflict),
            Entry::Vacant(vacancy) => {
                vacancy.insert(post.clone());
                Ok(())
            }
        }
    }

    async fn find(&self, id: PostId) -> Result<Option<Post>, RepositoryError> {
        Ok(self.posts().get(&id).cloned())
    }

    async fn list(&self, filter: PostFilter) -> Result<Vec<Post>, RepositoryError> {
        let passes = |post: &&Post| {
            filter.published.is_none_or(|published| post.record().published == published)
        };
        let mut posts: Vec<_> = self.posts().values().filter(passes).cloned().collect();
        posts.sort_by_key(|post| Reverse((post.record().created_at, post.id())));
        Ok(posts)
    }

    async fn update(
        &self,
        id: PostId,
        changes: &PostChanges,
        at: Timestamp,
    ) -> Result<Post, RepositoryError> {
        let mut posts = self.posts();
        let post = posts.get_mut(&id).ok_or(RepositoryError::NotFound)?;
        post.apply(changes, at);
        Ok(post.clone())
    }

    async fn delete(&self, id: PostId) -> Result<(), RepositoryError> {
        self.posts().remove(&id).map(drop).ok_or(RepositoryError::NotFound)
    }
}

#[async_trait]
impl PostArchive for MemoryPostRepository {
    async fn page(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>, RepositoryError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let posts = self.posts();
        Ok(posts
            .range((start, Bound::Unbounded))
            .map(|(_, post)| post)
            .take(limit)
            .cloned()
            .collect())
    }

    async fn count(&self) -> Result<u64, RepositoryError> {
        Ok(u64::try_from(self.posts().len()).unwrap_or(u64::MAX))
    }

    async fn greatest_id(&self) -> Result<Option<PostId>, RepositoryError> {
        Ok(self.posts().last_key_value().map(|(id, _)| *id))
    }

    async fn insert_all(&self, new: &[Post]) -> Result<(), RepositoryError> {
        let mut posts = self.posts();
        let by_id: BTreeMap<_, _> = new.iter().map(|post| (post.id(), post.clone())).collect();
        if by_id.len() < new.len() || by_id.keys().any(|id| posts.contains_key(id)) {
            return Err(RepositoryError::Conflict);
        }
        posts.extend(by_id);
        Ok(())
    }
}
