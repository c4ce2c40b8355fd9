//! The ports, method by method: which query it is, and whether it writes.

use async_trait::async_trait;
use domain::{
    Post, PostChanges, PostId, Timestamp,
    ports::{PostArchive, PostFilter, PostRepository, RepositoryError},
};

use crate::{connection::DatabaseUrl, error::OpenError, executor::Executor, queries};

/// Posts in a SQL database.
#[derive(Debug)]
pub struct DieselPostRepository {
    executor: Executor,
}

impl DieselPostRepository {
    /// Opens a database, making it where that is a file, and brings it up to date. Blocks.
    ///
    /// # Errors
    ///
    /// Any [`OpenError`]. A file that is not a database of this program is left as it is.
    pub fn open(url: DatabaseUrl) -> Result<Self, OpenError> {
        Ok(Self { executor: Executor::open(url.into_database())? })
    }
}

#[async_trait]
impl PostRepository for DieselPostRepository {
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError> {
        let post = post.clone();
        self.executor.write(move |db| queries::insert(db, &post)).await
    }

    async fn find(&self, id: PostId) -> Result<Option<Post>, RepositoryError> {
        self.executor.read(move |db| queries::find(db, id)).await
    }

    async fn list(&self, filter: PostFilter) -> Result<Vec<Post>, RepositoryError> {
        self.executor.read(move |db| queries::list(db, filter)).await
    }

    async fn update(
        &self,
        id: PostId,
        changes: &PostChanges,
        at: Timestamp,
    ) -> Result<Post, RepositoryError> {
        let changes = changes.clone();
        self.executor.write(move |db| queries::update(db, id, &changes, at)).await
    }

    async fn delete(&self, id: PostId) -> Result<(), RepositoryError> {
        self.executor.write(move |db| queries::delete(db, id)).await
    }
}

#[async_trait]
impl PostArchive for DieselPostRepository {
    async fn page(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>, RepositoryError> {
        self.executor.read(move |db| queries::page(db, after, limit)).await
    }

    async fn count(&self) -> Result<u64, RepositoryError> {
        self.executor.read(queries::count).await
    }

    async fn greatest_id(&self) -> Result<Option<PostId>, RepositoryError> {
        self.executor.read(queries::greatest_id).await
    }

    async fn insert_all(&self, posts: &[Post]) -> Result<(), RepositoryError> {
        let mut posts = posts.to_vec();
        // Two calls that take their posts in one order cannot wait for each other.
        posts.sort_by_key(Post::id);
        self.executor.write(move |db| queries::insert_all(db, &posts)).await
    }
}
