//! The store that a case runs on, and fault injection.

use std::{any::Any, sync::Arc};

use domain::{
    KeyId, Keyset, Post, PostId, PostQuery, Start, Window,
    ports::{BlogStore, RepositoryError},
};

use crate::sample::every_post;

/// An empty store for one case.
pub struct Store {
    pub(crate) posts: Arc<dyn BlogStore>,
    faults: Option<Box<dyn FaultInjection>>,
    _resources: Box<dyn Any + Send>,
}

/// Injects faults into a store, independently of its adapter.
pub trait FaultInjection: Send {
    /// Changes the stored data of a post so that it is no longer valid.
    fn corrupt(&mut self, id: PostId);

    /// Changes the stored data of an API key so that it is no longer valid.
    fn corrupt_key(&mut self, id: KeyId);

    /// Makes writes impossible, for example by holding a lock.
    fn block(&mut self);

    /// Makes writes possible again.
    fn unblock(&mut self);
}

impl Store {
    /// Creates a store without resources to drop after the case.
    #[must_use]
    pub fn new(posts: Arc<dyn BlogStore>) -> Self {
        Self::with_resources(posts, ())
    }

    /// Creates a store with resources that are dropped after the case, such as a temporary folder.
    #[must_use]
    pub fn with_resources(posts: Arc<dyn BlogStore>, resources: impl Any + Send) -> Self {
        Self { posts, faults: None, _resources: Box::new(resources) }
    }

    /// Adds a way to inject faults. See [`Subject::with_faults`](crate::Subject::with_faults).
    #[must_use]
    pub fn with_faults(self, faults: impl FaultInjection + 'static) -> Self {
        Self { faults: Some(Box::new(faults)), ..self }
    }

    /// Returns all posts, newest first.
    pub(crate) async fn all(&self) -> Result<Vec<Post>, RepositoryError> {
        Ok(self.posts.list(&every_post()).await?.posts)
    }

    /// Inserts posts, each with its own call.
    pub(crate) async fn insert(&self, posts: &[Post]) {
        for post in posts {
            self.posts.insert(post).await.unwrap();
        }
    }

    /// Returns the first `limit` posts of a query, or the first `limit` posts after a keyset.
    pub(crate) async fn list(
        &self,
        query: &PostQuery,
        after: Option<Keyset>,
        limit: u32,
    ) -> Vec<Post> {
        let start = after.map_or(Start::First, Start::After);
        let listed = self.posts.list(&query.with_window(Window { start, limit })).await.unwrap();
        assert!(!listed.is_cut, "the posts have little text");
        listed.posts
    }

    /// Returns an offset page of a query, and the total.
    pub(crate) async fn list_with_total(
        &self,
        query: &PostQuery,
        offset: u64,
        limit: u32,
    ) -> OffsetPage {
        let window = Window { start: Start::Offset(offset), limit };
        let page = self.posts.list_with_total(&query.with_window(window)).await.unwrap();
        assert!(!page.listed.is_cut, "the posts have little text");
        OffsetPage { posts: page.listed.posts, total: page.total }
    }

    /// Returns all posts of a query, read in cursor pages of `size` posts.
    pub(crate) async fn stream(&self, query: &PostQuery, size: u32) -> Vec<Post> {
        let (mut yielded, mut after) = (Vec::new(), None);
        loop {
            let page = self.list(query, after, size).await;
            assert!(page.len() <= usize::try_from(size).unwrap());
            let Some(last) = page.last() else { return yielded };
            after = Some(Keyset::of(last, query.order.key));
            yielded.extend(page);
        }
    }

    /// Returns the fault injection of the store.
    pub(crate) fn faults(&mut self) -> &mut dyn FaultInjection {
        self.faults.as_deref_mut().expect("the subject's stores have fault injection")
    }
}

/// The posts in the window of a query, and the total number of posts in the query's result.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OffsetPage {
    pub(crate) posts: Vec<Post>,
    pub(crate) total: u64,
}
