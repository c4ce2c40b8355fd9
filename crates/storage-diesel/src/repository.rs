//! The ports, method by method: which query it is, and whether it writes.

use async_trait::async_trait;
use domain::{
    KeyedRequest, Position, Post, PostChanges, PostId, Precondition, Selection, Timestamp,
    ports::{Counted, Insertion, PostArchive, PostRepository, RepositoryError},
};
use tokio::task::spawn_blocking;

use crate::{
    connection::DatabaseUrl,
    error::{OpenError, StorageError},
    executor::Executor,
    queries,
    rows::NewPostRow,
};

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

/// New posts as rows. To part long texts into words takes a while: not on the thread that polls, and
/// not while others wait to write.
async fn rows(posts: Vec<Post>) -> Result<Vec<NewPostRow>, RepositoryError> {
    let rows = spawn_blocking(move || posts.iter().map(NewPostRow::from).collect()).await;
    rows.map_err(|_| StorageError::Closed.into())
}

/// A new post as a row.
async fn row(post: &Post) -> Result<NewPostRow, RepositoryError> {
    let post = post.clone();
    let row = spawn_blocking(move || NewPostRow::from(&post)).await;
    row.map_err(|_| StorageError::Closed.into())
}

#[async_trait]
impl PostRepository for DieselPostRepository {
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError> {
        let row = row(post).await?;
        self.executor.write(move |db| queries::insert(db, &row)).await
    }

    async fn insert_once(
        &self,
        post: &Post,
        request: &KeyedRequest,
    ) -> Result<Insertion, RepositoryError> {
        let (row, request) = (row(post).await?, request.clone());
        self.executor.write(move |db| queries::insert_once(db, &row, &request)).await
    }

    async fn find(&self, id: PostId) -> Result<Option<Post>, RepositoryError> {
        self.executor.read(move |db| queries::find(db, id)).await
    }

    async fn list(
        &self,
        selection: &Selection,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Vec<Post>, RepositoryError> {
        let selection = selection.clone();
        self.executor.read(move |db| queries::list(db, &selection, after, limit)).await
    }

    async fn list_counted(
        &self,
        selection: &Selection,
        offset: u64,
        limit: u32,
    ) -> Result<Counted, RepositoryError> {
        let selection = selection.clone();
        self.executor.read(move |db| queries::list_counted(db, &selection, offset, limit)).await
    }

    async fn update(
        &self,
        id: PostId,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Result<Post, RepositoryError> {
        let (changes, precondition) = (changes.clone(), precondition.clone());
        self.executor.write(move |db| queries::update(db, id, &changes, &precondition, at)).await
    }

    async fn delete(&self, id: PostId, precondition: &Precondition) -> Result<(), RepositoryError> {
        let precondition = precondition.clone();
        self.executor.write(move |db| queries::delete(db, id, &precondition)).await
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
        let mut rows = rows(posts.to_vec()).await?;
        // Two calls that take their posts in one order cannot wait for each other.
        rows.sort_by_key(|row| row.id().0);
        self.executor.write(move |db| queries::insert_all(db, &rows)).await
    }
}
