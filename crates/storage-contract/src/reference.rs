//! What a store must answer, computed in the plainest way: a list of posts that each call goes through
//! from its beginning to its end. It shares no code with any adapter, so no adapter is compared with
//! itself.

use std::cmp::Ordering;

use domain::{
    Direction, KeyedRequest, Position, Post, PostChanges, PostId, Precondition, Selection, SortKey,
    SortValue, Timestamp,
    ports::{Counted, Insertion, RepositoryError},
    search,
};

type Answer<T> = Result<T, RepositoryError>;

/// Posts, in no order, and the requests with a key that have created some.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    posts: Vec<Post>,
    requests: Vec<(KeyedRequest, PostId)>,
}

impl Reference {
    pub(crate) fn insert(&mut self, post: &Post) -> Answer<()> {
        self.insert_all(std::slice::from_ref(post))
    }

    pub(crate) fn insert_all(&mut self, new: &[Post]) -> Answer<()> {
        let mut posts = self.posts.clone();
        for post in new {
            if posts.iter().any(|other| other.id() == post.id()) {
                return Err(RepositoryError::Conflict);
            }
            posts.push(post.clone());
        }
        self.posts = posts;
        Ok(())
    }

    pub(crate) fn insert_once(&mut self, post: &Post, request: &KeyedRequest) -> Answer<Insertion> {
        let earlier = self.requests.iter().rev().find(|(earlier, _)| earlier.key == request.key);
        match earlier.filter(|(earlier, _)| earlier.at >= request.forgotten_before()) {
            Some((earlier, id)) if earlier.fingerprint == request.fingerprint => {
                Ok(Insertion::MadeBefore { id: *id, at: earlier.at })
            }
            Some(_) => Ok(Insertion::KeyUsed),
            None => {
                self.insert(post)?;
                self.requests.push((request.clone(), post.id()));
                Ok(Insertion::Made)
            }
        }
    }

    pub(crate) fn find(&self, id: PostId) -> Option<Post> {
        self.posts.iter().find(|post| post.id() == id).cloned()
    }

    pub(crate) fn list(
        &self,
        selection: &Selection,
        after: Option<&Position>,
        limit: u32,
    ) -> Vec<Post> {
        let is_after = |post: &Post| {
            after.is_none_or(|after| {
                let place = (value(post, selection.order.key), post.id());
                in_order(selection, &place, &(after.value.clone(), after.id)) == Ordering::Greater
            })
        };
        let posts = self.selected(selection).into_iter().filter(is_after);
        posts.take(usize::try_from(limit).unwrap()).collect()
    }

    pub(crate) fn list_counted(&self, selection: &Selection, offset: u64, limit: u32) -> Counted {
        let posts = self.selected(selection);
        let total = u64::try_from(posts.len()).unwrap();
        let posts = posts.into_iter().skip(usize::try_from(offset).unwrap());
        Counted { posts: posts.take(usize::try_from(limit).unwrap()).collect(), total }
    }

    pub(crate) fn update(
        &mut self,
        id: PostId,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Answer<Post> {
        let post = self.expected(id, precondition)?;
        post.apply(changes, at);
        Ok(post.clone())
    }

    pub(crate) fn delete(&mut self, id: PostId, precondition: &Precondition) -> Answer<()> {
        self.expected(id, precondition)?;
        self.posts.retain(|post| post.id() != id);
        Ok(())
    }

    pub(crate) fn page(&self, after: Option<PostId>, limit: u32) -> Vec<Post> {
        let mut posts = self.posts.clone();
        posts.retain(|post| after.is_none_or(|after| post.id().as_uuid() > after.as_uuid()));
        posts.sort_by_key(|post| *post.id().as_uuid());
        posts.truncate(usize::try_from(limit).unwrap());
        posts
    }

    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.posts.len()).unwrap()
    }

    pub(crate) fn greatest_id(&self) -> Option<PostId> {
        self.posts.iter().map(Post::id).max_by_key(|id| *id.as_uuid())
    }

    /// The post of this id, when the precondition holds.
    fn expected(&mut self, id: PostId, precondition: &Precondition) -> Answer<&mut Post> {
        let post = self.posts.iter_mut().find(|post| post.id() == id);
        let post = post.ok_or(RepositoryError::NotFound)?;
        if precondition.holds(post.record()) {
            Ok(post)
        } else {
            Err(RepositoryError::PreconditionFailed(post.record().version))
        }
    }

    /// All posts of a selection, in its order.
    fn selected(&self, selection: &Selection) -> Vec<Post> {
        let mut posts = self.posts.clone();
        posts.retain(|post| {
            let is_published = post.record().published;
            selection.filter.published.is_none_or(|wanted| wanted == is_published)
                && selection.filter.search.finds(&search::words_of(post.record()))
        });
        let place = |post: &Post| (value(post, selection.order.key), post.id());
        posts.sort_by(|one, other| in_order(selection, &place(one), &place(other)));
        posts
    }
}

/// What a post is sorted by, before its id.
fn value(post: &Post, key: SortKey) -> SortValue {
    let record = post.record();
    match key {
        SortKey::CreatedAt => SortValue::CreatedAt(record.created_at),
        SortKey::UpdatedAt => SortValue::UpdatedAt(record.updated_at),
        SortKey::Title => SortValue::Title(record.title.clone()),
    }
}

/// Which of two places comes first in the order of a selection.
fn in_order(
    selection: &Selection,
    (value, id): &(SortValue, PostId),
    (other_value, other_id): &(SortValue, PostId),
) -> Ordering {
    let values = match (value, other_value) {
        (SortValue::CreatedAt(one), SortValue::CreatedAt(other))
        | (SortValue::UpdatedAt(one), SortValue::UpdatedAt(other)) => {
            one.as_unix_micros().cmp(&other.as_unix_micros())
        }
        (SortValue::Title(one), SortValue::Title(other)) => {
            one.as_str().chars().cmp(other.as_str().chars())
        }
        values => panic!("of two keys: {values:?}"),
    };
    let ascending = values.then_with(|| id.as_uuid().cmp(other_id.as_uuid()));
    match selection.order.direction {
        Direction::Ascending => ascending,
        Direction::Descending => ascending.reverse(),
    }
}
