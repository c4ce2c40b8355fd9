//! A store that can be emptied.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::{
    KeyedRequest, Post, PostChanges, PostId, PostQuery, Precondition, Scope, Timestamp,
    ports::{Insertion, Listed, PostRepository, PostsWithTotal, RepositoryError},
};
use storage_memory::MemoryPostRepository;

/// Passes each call to a memory store. [`reset`](Self::reset) replaces this store by an empty one.
#[derive(Default)]
pub(crate) struct ResettableStore(Mutex<Arc<MemoryPostRepository>>);

impl ResettableStore {
    /// Removes all posts and all records of idempotent requests.
    pub(crate) fn reset(&self) {
        *self.0.lock().unwrap() = Arc::default();
    }

    fn current(&self) -> Arc<MemoryPostRepository> {
        Arc::clone(&self.0.lock().unwrap())
    }
}

#[async_trait]
impl PostRepository for ResettableStore {
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError> {
        self.current().insert(post).await
    }

    async fn insert_once(
        &self,
        post: &Post,
        request: &KeyedRequest,
    ) -> Result<Insertion, RepositoryError> {
        self.current().insert_once(post, request).await
    }

    async fn find(&self, id: PostId, scope: Scope) -> Result<Option<Post>, RepositoryError> {
        self.current().find(id, scope).await
    }

    async fn list(&self, query: &PostQuery) -> Result<Listed, RepositoryError> {
        self.current().list(query).await
    }

    async fn list_with_total(&self, query: &PostQuery) -> Result<PostsWithTotal, RepositoryError> {
        self.current().list_with_total(query).await
    }

    async fn update(
        &self,
        id: PostId,
        scope: Scope,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Result<Post, RepositoryError> {
        self.current().update(id, scope, changes, precondition, at).await
    }

    async fn delete(
        &self,
        id: PostId,
        scope: Scope,
        precondition: &Precondition,
    ) -> Result<(), RepositoryError> {
        self.current().delete(id, scope, precondition).await
    }
}
