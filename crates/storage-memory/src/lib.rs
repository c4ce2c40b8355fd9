//! Keeps posts in memory, and loses them with the process.
//!
//! This is the port in its plainest form: read it to learn what an adapter has to do. Use it where
//! a test wants a repository that works and costs nothing.
//!
//! | to find | look in |
//! |---|---|
//! | the ports' methods | here |
//! | posts in their orders, and by their words | `shelf` |
//! | requests that must not happen twice | `requests` |

mod requests;
mod shelf;

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{
    KeyedRequest, Position, Post, PostChanges, PostId, Precondition, Selection, Timestamp,
    ports::{Counted, Insertion, PostArchive, PostRepository, RepositoryError},
};

use self::{requests::Requests, shelf::Shelf};

/// Posts in memory. A lock around all of them makes every operation atomic.
#[derive(Debug, Default)]
pub struct MemoryPostRepository {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    shelf: Shelf,
    requests: Requests,
}

impl MemoryPostRepository {
    /// The posts, for the time of one operation. Nothing panics between the first and the last
    /// step of a change, so after whoever panicked with the lock in hand the next one may go on.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn insert(&mut self, post: &Post) -> Result<(), RepositoryError> {
        if self.shelf.get(post.id()).is_some() {
            return Err(RepositoryError::Conflict);
        }
        self.shelf.put(post.clone());
        Ok(())
    }

    /// The post of this id, of which `precondition` has to hold.
    fn expected(&self, id: PostId, precondition: &Precondition) -> Result<&Post, RepositoryError> {
        let post = self.shelf.get(id).ok_or(RepositoryError::NotFound)?;
        if precondition.holds(post.record()) {
            Ok(post)
        } else {
            Err(RepositoryError::PreconditionFailed(post.record().version))
        }
    }
}

fn length(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn total(posts: usize) -> u64 {
    u64::try_from(posts).unwrap_or(u64::MAX)
}

#[async_trait]
impl PostRepository for MemoryPostRepository {
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError> {
        self.memory().insert(post)
    }

    async fn insert_once(
        &self,
        post: &Post,
        request: &KeyedRequest,
    ) -> Result<Insertion, RepositoryError> {
        let mut memory = self.memory();
        if let Some(answer) = memory.requests.answer(request) {
            return Ok(answer);
        }
        memory.insert(post)?;
        memory.requests.record(request, post.id());
        Ok(Insertion::Made)
    }

    async fn find(&self, id: PostId) -> Result<Option<Post>, RepositoryError> {
        Ok(self.memory().shelf.get(id).cloned())
    }

    async fn list(
        &self,
        selection: &Selection,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Vec<Post>, RepositoryError> {
        let memory = self.memory();
        Ok(memory.shelf.select(selection, after).take(length(limit)).cloned().collect())
    }

    async fn list_counted(
        &self,
        selection: &Selection,
        offset: u64,
        limit: u32,
    ) -> Result<Counted, RepositoryError> {
        let memory = self.memory();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let selected = memory.shelf.select(selection, None);
        let posts = selected.skip(offset).take(length(limit)).cloned().collect();
        Ok(Counted { posts, total: total(memory.shelf.select(selection, None).count()) })
    }

    async fn update(
        &self,
        id: PostId,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Result<Post, RepositoryError> {
        let mut memory = self.memory();
        let mut post = memory.expected(id, precondition)?.clone();
        post.apply(changes, at);
        memory.shelf.put(post.clone());
        Ok(post)
    }

    async fn delete(&self, id: PostId, precondition: &Precondition) -> Result<(), RepositoryError> {
        let mut memory = self.memory();
        memory.expected(id, precondition)?;
        memory.shelf.take(id);
        Ok(())
    }
}

#[async_trait]
impl PostArchive for MemoryPostRepository {
    async fn page(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>, RepositoryError> {
        Ok(self.memory().shelf.by_id(after).take(length(limit)).cloned().collect())
    }

    async fn count(&self) -> Result<u64, RepositoryError> {
        Ok(total(self.memory().shelf.len()))
    }

    async fn greatest_id(&self) -> Result<Option<PostId>, RepositoryError> {
        Ok(self.memory().shelf.greatest_id())
    }

    async fn insert_all(&self, posts: &[Post]) -> Result<(), RepositoryError> {
        let mut memory = self.memory();
        let ids: BTreeSet<_> = posts.iter().map(Post::id).collect();
        if ids.len() < posts.len() || ids.iter().any(|id| memory.shelf.get(*id).is_some()) {
            return Err(RepositoryError::Conflict);
        }
        for post in posts {
            memory.shelf.put(post.clone());
        }
        Ok(())
    }
}
