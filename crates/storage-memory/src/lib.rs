//! Stores posts, API keys and the preview secret in memory. They are lost when the process ends.
//!
//! This is the simplest implementation of the ports. Read it to learn what an adapter has to do,
//! and use it in tests that need a working repository.
//!
//! | to find | look in |
//! |---|---|
//! | the methods of the ports | this file |
//! | posts, their order and their search tokens | `index` |
//! | records of idempotent requests | `requests` |
//! | API keys | `keys` |

mod index;
mod keys;
mod requests;

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{
    ApiKey, Dependency, KeyId, KeyedRequest, Post, PostChanges, PostId, PostQuery, Precondition,
    Revision, Revisions, Scope, Secret, SecretHash, Timestamp,
    ports::{
        ApiKeyRepository, Insertion, Listed, PostArchive, PostRepository, PostRevisions,
        PostsWithTotal, PreviewSecretStore, RepositoryError,
    },
};

use self::{index::Index, keys::Keys, requests::Requests};

/// A repository in memory. One lock makes every operation atomic.
#[derive(Debug, Default)]
pub struct MemoryPostRepository {
    memory: Mutex<Memory>,
    revisions: Revisions,
}

#[derive(Debug, Default)]
struct Memory {
    posts: Index,
    requests: Requests,
    keys: Keys,
    preview_secret: Option<Secret>,
}

impl MemoryPostRepository {
    /// Locks the memory for one operation. No code panics in the middle of a change, so the memory
    /// is consistent even when the lock is poisoned.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn insert(&mut self, post: &Post, revisions: &Revisions) -> Result<(), RepositoryError> {
        if self.posts.get(post.id()).is_some() {
            return Err(RepositoryError::Conflict);
        }
        let _change = revisions.change([post.id()]);
        self.posts.upsert(post.clone());
        Ok(())
    }

    fn find(&self, id: PostId, scope: Scope) -> Option<&Post> {
        self.posts.get(id).filter(|post| scope.includes(post.record()))
    }

    /// Returns the post to change or delete, if the precondition holds for it.
    fn find_under(
        &self,
        id: PostId,
        scope: Scope,
        precondition: &Precondition,
    ) -> Result<&Post, RepositoryError> {
        let post = self.find(id, scope).ok_or(RepositoryError::NotFound)?;
        if precondition.holds(post.record()) {
            Ok(post)
        } else {
            Err(RepositoryError::PreconditionFailed(post.record().version))
        }
    }
}

fn total(posts: usize) -> u64 {
    u64::try_from(posts).unwrap_or(u64::MAX)
}

#[async_trait]
impl PostRepository for MemoryPostRepository {
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError> {
        self.memory().insert(post, &self.revisions)
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
        memory.insert(post, &self.revisions)?;
        memory.requests.record(request, post.id());
        Ok(Insertion::Created)
    }

    async fn find(&self, id: PostId, scope: Scope) -> Result<Option<Post>, RepositoryError> {
        Ok(self.memory().find(id, scope).cloned())
    }

    async fn list(&self, query: &PostQuery) -> Result<Listed, RepositoryError> {
        Ok(self.memory().posts.select(query))
    }

    async fn list_with_total(&self, query: &PostQuery) -> Result<PostsWithTotal, RepositoryError> {
        let memory = self.memory();
        let total = total(memory.posts.count(query));
        Ok(PostsWithTotal { listed: memory.posts.select(query), total })
    }

    async fn update(
        &self,
        id: PostId,
        scope: Scope,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Result<Post, RepositoryError> {
        let mut memory = self.memory();
        let mut post = memory.find_under(id, scope, precondition)?.clone();
        post.apply(changes, at).map_err(|error| RepositoryError::Backend(error.into()))?;
        let _change = self.revisions.change([id]);
        memory.posts.upsert(post.clone());
        Ok(post)
    }

    async fn delete(
        &self,
        id: PostId,
        scope: Scope,
        precondition: &Precondition,
    ) -> Result<(), RepositoryError> {
        let mut memory = self.memory();
        memory.find_under(id, scope, precondition)?;
        let _change = self.revisions.change([id]);
        memory.posts.remove(id);
        Ok(())
    }
}

impl PostRevisions for MemoryPostRepository {
    fn revision(&self, dependency: Dependency) -> Option<Revision> {
        self.revisions.of(dependency)
    }
}

#[async_trait]
impl PostArchive for MemoryPostRepository {
    async fn page(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>, RepositoryError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.memory().posts.by_id(after).take(limit).cloned().collect())
    }

    async fn count(&self) -> Result<u64, RepositoryError> {
        Ok(total(self.memory().posts.len()))
    }

    async fn greatest_id(&self) -> Result<Option<PostId>, RepositoryError> {
        Ok(self.memory().posts.greatest_id())
    }

    async fn insert_all(&self, posts: &[Post]) -> Result<(), RepositoryError> {
        let mut memory = self.memory();
        let ids: BTreeSet<_> = posts.iter().map(Post::id).collect();
        if ids.len() < posts.len() || ids.iter().any(|id| memory.posts.get(*id).is_some()) {
            return Err(RepositoryError::Conflict);
        }
        let _change = self.revisions.change(ids);
        for post in posts {
            memory.posts.upsert(post.clone());
        }
        Ok(())
    }
}

#[async_trait]
impl ApiKeyRepository for MemoryPostRepository {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), RepositoryError> {
        self.memory().keys.insert(key)
    }

    async fn find_key(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError> {
        Ok(self.memory().keys.find(id).cloned())
    }

    async fn list_keys(&self) -> Result<Vec<ApiKey>, RepositoryError> {
        Ok(self.memory().keys.by_id().cloned().collect())
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError> {
        self.memory().keys.revoke(id, at)
    }

    async fn replace_key_hash(&self, id: KeyId, hash: SecretHash) -> Result<(), RepositoryError> {
        self.memory().keys.replace_hash(id, hash)
    }

    async fn record_key_use(&self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError> {
        self.memory().keys.record_use(id, at);
        Ok(())
    }
}

#[async_trait]
impl PreviewSecretStore for MemoryPostRepository {
    async fn preview_secret_or(&self, new: Secret) -> Result<Secret, RepositoryError> {
        Ok(*self.memory().preview_secret.get_or_insert(new))
    }

    async fn replace_preview_secret(&self, new: Secret) -> Result<(), RepositoryError> {
        self.memory().preview_secret = Some(new);
        Ok(())
    }
}
