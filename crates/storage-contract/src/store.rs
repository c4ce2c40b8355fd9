//! An empty store for one case, and what can be done to it behind its back.

use std::{any::Any, sync::Arc};

use domain::{
    Position, Post, PostId, Selection,
    ports::{PostStore, RepositoryError},
};

/// An empty store, one case's own.
pub struct Store {
    pub(crate) posts: Arc<dyn PostStore>,
    sabotage: Option<Box<dyn Sabotage>>,
    _resources: Box<dyn Any + Send>,
}

/// Does to a store behind its back what a machine, a person or a bug might.
pub trait Sabotage: Send {
    /// Makes what is stored of a post something that is no post any more.
    fn corrupt(&mut self, id: PostId);

    /// Keeps the store from writing, as a lock held elsewhere does, or a server that is down.
    fn block(&mut self);

    /// Lets it write again.
    fn unblock(&mut self);
}

impl Store {
    /// A store that needs nothing but itself.
    #[must_use]
    pub fn new(posts: Arc<dyn PostStore>) -> Self {
        Self::with_resources(posts, ())
    }

    /// A store that lives on something, a temporary folder say, to be dropped after the case.
    #[must_use]
    pub fn with_resources(posts: Arc<dyn PostStore>, resources: impl Any + Send) -> Self {
        Self { posts, sabotage: None, _resources: Box::new(resources) }
    }

    /// The same store, which can be sabotaged.
    #[must_use]
    pub fn with_sabotage(self, sabotage: impl Sabotage + 'static) -> Self {
        Self { sabotage: Some(Box::new(sabotage)), ..self }
    }

    /// All posts, newest first.
    pub(crate) async fn all(&self) -> Result<Vec<Post>, RepositoryError> {
        self.posts.list(&Selection::default(), None, u32::MAX).await
    }

    pub(crate) async fn insert(&self, posts: &[Post]) {
        for post in posts {
            self.posts.insert(post).await.unwrap();
        }
    }

    /// All posts of a selection, `size` at a time.
    pub(crate) async fn walk(&self, selection: &Selection, size: u32) -> Vec<Post> {
        let (mut met, mut after) = (Vec::new(), None);
        loop {
            let page = self.posts.list(selection, after, size).await.unwrap();
            assert!(page.len() <= usize::try_from(size).unwrap());
            let Some(last) = page.last() else { return met };
            after = Some(Position::of(last, selection.order.key));
            met.extend(page);
        }
    }

    pub(crate) fn sabotage(&mut self) -> &mut dyn Sabotage {
        self.sabotage.as_deref_mut().expect("the subject's stores come with a sabotage")
    }
}
