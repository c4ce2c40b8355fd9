//! Implements the ports. Each method selects a query and runs it as a read or as a write.

use async_trait::async_trait;
use domain::{
    ApiKey, Dependency, KeyId, KeyedRequest, Post, PostChanges, PostId, PostQuery, Precondition,
    Revision, Scope, Secret, SecretHash, Timestamp,
    ports::{
        ApiKeyRepository, Insertion, Listed, PostArchive, PostRepository, PostRevisions,
        PostsWithTotal, PreviewSecretStore, RepositoryError,
    },
};

use crate::{
    database::DatabaseUrl,
    error::OpenError,
    executor::{Executor, Workload},
    queries,
    rows::{ApiKeyRow, NewPostRow, SecretRow},
};

/// The posts that a write of keys or of the preview secret changes.
const NO_POSTS: Vec<PostId> = Vec::new();

/// The maximum length of a content that is tokenized on the thread of the request, in bytes. For so
/// short a text, handing it to another thread costs more.
const SHORT_CONTENT: usize = 4 << 10;

/// The posts, API keys and preview secret of a blog, in a SQL database.
#[derive(Debug)]
pub struct DieselPostRepository {
    executor: Executor,
}

impl DieselPostRepository {
    /// Opens a database and runs its pending migrations.
    ///
    /// Creates an SQLite file if it does not exist. Blocks the calling thread.
    ///
    /// # Errors
    ///
    /// Any [`OpenError`]. The database of another program is left unchanged.
    pub fn open(url: DatabaseUrl) -> Result<Self, OpenError> {
        Ok(Self { executor: Executor::open(url.into_database())? })
    }

    /// Converts new posts to rows. Tokenizing many posts takes a while. So this does not run on the
    /// writer thread, where other writes would have to wait.
    async fn rows(&self, posts: Vec<Post>) -> Result<Vec<NewPostRow>, RepositoryError> {
        self.executor.compute(move || posts.iter().map(NewPostRow::from).collect()).await
    }

    /// Converts a new post to a row.
    async fn row(&self, post: &Post) -> Result<NewPostRow, RepositoryError> {
        if post.record().content.as_str().len() <= SHORT_CONTENT {
            return Ok(NewPostRow::from(post));
        }
        let post = post.clone();
        self.executor.compute(move || NewPostRow::from(&post)).await
    }
}

#[async_trait]
impl PostRepository for DieselPostRepository {
    async fn insert(&self, post: &Post) -> Result<(), RepositoryError> {
        let row = self.row(post).await?;
        self.executor.write(vec![post.id()], move |db| queries::insert(db, &row)).await
    }

    async fn insert_once(
        &self,
        post: &Post,
        request: &KeyedRequest,
    ) -> Result<Insertion, RepositoryError> {
        let (row, request) = (self.row(post).await?, request.clone());
        let posts = vec![post.id()];
        self.executor.write(posts, move |db| queries::insert_once(db, &row, &request)).await
    }

    async fn find(&self, id: PostId, scope: Scope) -> Result<Option<Post>, RepositoryError> {
        self.executor.read(Workload::Lookup, move |db| queries::find(db, id, scope)).await
    }

    async fn list(&self, query: &PostQuery) -> Result<Listed, RepositoryError> {
        let query = query.clone();
        self.executor.read(Workload::of(&query), move |db| queries::list(db, &query)).await
    }

    async fn list_with_total(&self, query: &PostQuery) -> Result<PostsWithTotal, RepositoryError> {
        let query = query.clone();
        let workload = Workload::of(&query);
        self.executor.read(workload, move |db| queries::list_with_total(db, &query)).await
    }

    async fn update(
        &self,
        id: PostId,
        scope: Scope,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Result<Post, RepositoryError> {
        let (changes, precondition) = (changes.clone(), precondition.clone());
        let update = move |db: &mut _| queries::update(db, id, scope, &changes, &precondition, at);
        self.executor.write(vec![id], update).await
    }

    async fn delete(
        &self,
        id: PostId,
        scope: Scope,
        precondition: &Precondition,
    ) -> Result<(), RepositoryError> {
        let precondition = precondition.clone();
        self.executor.write(vec![id], move |db| queries::delete(db, id, scope, &precondition)).await
    }
}

impl PostRevisions for DieselPostRepository {
    fn revision(&self, dependency: Dependency) -> Option<Revision> {
        self.executor.revision(dependency)
    }
}

#[async_trait]
impl PostArchive for DieselPostRepository {
    async fn page(&self, after: Option<PostId>, limit: u32) -> Result<Vec<Post>, RepositoryError> {
        self.executor.read(Workload::LongList, move |db| queries::page(db, after, limit)).await
    }

    async fn count(&self) -> Result<u64, RepositoryError> {
        self.executor.read(Workload::LongList, queries::count).await
    }

    async fn greatest_id(&self) -> Result<Option<PostId>, RepositoryError> {
        self.executor.read(Workload::Lookup, queries::greatest_id).await
    }

    async fn insert_all(&self, posts: &[Post]) -> Result<(), RepositoryError> {
        let mut rows = self.rows(posts.to_vec()).await?;
        // Concurrent calls that lock posts in the same order cannot deadlock.
        rows.sort_by_key(|row| row.id().0);
        let ids = posts.iter().map(Post::id).collect();
        self.executor.write(ids, move |db| queries::insert_all(db, &rows)).await
    }
}

#[async_trait]
impl ApiKeyRepository for DieselPostRepository {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), RepositoryError> {
        let row = ApiKeyRow::from(key);
        self.executor.write(NO_POSTS, move |db| queries::insert_key(db, &row)).await
    }

    async fn find_key(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError> {
        self.executor.read(Workload::Lookup, move |db| queries::find_key(db, id)).await
    }

    async fn list_keys(&self) -> Result<Vec<ApiKey>, RepositoryError> {
        self.executor.read(Workload::LongList, queries::list_keys).await
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError> {
        self.executor.write(NO_POSTS, move |db| queries::revoke_key(db, id, at)).await
    }

    async fn replace_key_hash(&self, id: KeyId, hash: SecretHash) -> Result<(), RepositoryError> {
        self.executor.write(NO_POSTS, move |db| queries::replace_key_hash(db, id, hash)).await
    }

    async fn record_key_use(&self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError> {
        self.executor.write(NO_POSTS, move |db| queries::record_key_use(db, id, at)).await
    }
}

#[async_trait]
impl PreviewSecretStore for DieselPostRepository {
    async fn preview_secret_or(&self, new: Secret) -> Result<Secret, RepositoryError> {
        // Nearly every call finds the secret, so that a write is not needed.
        let find = |db: &mut _| queries::find_secret(db, SecretRow::PREVIEW);
        if let Some(stored) = self.executor.read(Workload::Lookup, find).await? {
            return Ok(stored);
        }
        self.executor
            .write(NO_POSTS, move |db| queries::secret_or(db, SecretRow::PREVIEW, new))
            .await
    }

    async fn replace_preview_secret(&self, new: Secret) -> Result<(), RepositoryError> {
        self.executor
            .write(NO_POSTS, move |db| queries::replace_secret(db, SecretRow::PREVIEW, new))
            .await
    }
}
