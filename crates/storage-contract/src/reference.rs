//! A reference implementation: a list of posts that every call scans from start to end. It uses
//! code of the domain, but not of any adapter, so no adapter is compared with itself.

use std::cmp::Ordering;

use domain::{
    Direction, KeyedRequest, Keyset, Post, PostChanges, PostFilter, PostId, PostOrder, PostQuery,
    Precondition, Scope, SortValue, Start, Timestamp,
    ports::{Insertion, Listed, PostsWithTotal, RepositoryError},
    search,
};

type Answer<T> = Result<T, RepositoryError>;

/// A list of posts, and the recorded requests. Each request has the id of the post that it created.
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
        let earlier = self
            .requests
            .iter()
            .rev()
            .find(|(earlier, _)| earlier.key == request.key && earlier.owner == request.owner);
        match earlier.filter(|(earlier, _)| earlier.at >= request.expired_before()) {
            Some((earlier, id)) if earlier.fingerprint == request.fingerprint => {
                Ok(Insertion::AlreadyCreated { id: *id, at: earlier.at })
            }
            Some(_) => Ok(Insertion::KeyReused),
            None => {
                self.insert(post)?;
                self.requests.push((request.clone(), post.id()));
                Ok(Insertion::Created)
            }
        }
    }

    pub(crate) fn find(&self, id: PostId, scope: Scope) -> Option<Post> {
        self.posts.iter().find(|post| post.id() == id && is_in_scope(post, scope)).cloned()
    }

    pub(crate) fn list(&self, query: &PostQuery) -> Listed {
        self.list_with_total(query).listed
    }

    pub(crate) fn list_with_total(&self, query: &PostQuery) -> PostsWithTotal {
        let mut posts = self.posts.clone();
        posts.retain(|post| is_in_scope(post, query.scope) && matches(post, &query.filter));
        let keyset = |post: &Post| Keyset::of(post, query.order.key);
        posts.sort_by(|one, other| compare(query.order, &keyset(one), &keyset(other)));
        let total = u64::try_from(posts.len()).unwrap();
        match &query.window.start {
            Start::First => {}
            Start::After(start) => {
                posts.retain(|post| compare(query.order, &keyset(post), start) == Ordering::Greater)
            }
            Start::Offset(offset) => {
                posts.drain(..usize::try_from(*offset).unwrap().min(posts.len()));
            }
        }
        posts.truncate(usize::try_from(query.window.limit).unwrap());
        PostsWithTotal { listed: Listed::cut(posts), total }
    }

    pub(crate) fn update(
        &mut self,
        id: PostId,
        scope: Scope,
        changes: &PostChanges,
        precondition: &Precondition,
        at: Timestamp,
    ) -> Answer<Post> {
        let post = self.find_under(id, scope, precondition)?;
        post.apply(changes, at).map_err(|error| RepositoryError::Backend(error.into()))?;
        Ok(post.clone())
    }

    pub(crate) fn delete(
        &mut self,
        id: PostId,
        scope: Scope,
        precondition: &Precondition,
    ) -> Answer<()> {
        self.find_under(id, scope, precondition)?;
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

    /// Returns the post to change or delete, if the precondition holds for it.
    fn find_under(
        &mut self,
        id: PostId,
        scope: Scope,
        precondition: &Precondition,
    ) -> Answer<&mut Post> {
        let post = self.posts.iter_mut().find(|post| post.id() == id && is_in_scope(post, scope));
        let post = post.ok_or(RepositoryError::NotFound)?;
        if precondition.holds(post.record()) {
            Ok(post)
        } else {
            Err(RepositoryError::PreconditionFailed(post.record().version))
        }
    }
}

fn is_in_scope(post: &Post, scope: Scope) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::PublishedOnly => post.record().published,
    }
}

fn matches(post: &Post, filter: &PostFilter) -> bool {
    let PostFilter { published, search } = filter;
    let tokens = search::tokens_of(post.record());
    published.is_none_or(|published| published == post.record().published)
        && search.terms().all(|term| tokens.contains(term))
}

/// Compares two keysets in a sort order.
fn compare(order: PostOrder, one: &Keyset, other: &Keyset) -> Ordering {
    let values = match (&one.value, &other.value) {
        (SortValue::CreatedAt(one), SortValue::CreatedAt(other))
        | (SortValue::UpdatedAt(one), SortValue::UpdatedAt(other)) => {
            one.as_unix_micros().cmp(&other.as_unix_micros())
        }
        (SortValue::Title(one), SortValue::Title(other)) => {
            one.as_str().chars().cmp(other.as_str().chars())
        }
        values => panic!("keysets of different orders: {values:?}"),
    };
    let ascending = values.then_with(|| one.id.as_uuid().cmp(other.id.as_uuid()));
    match order.direction {
        Direction::Ascending => ascending,
        Direction::Descending => ascending.reverse(),
    }
}
