//! The posts by id, and an index for every sort key.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    ops::Bound,
};

use domain::{Direction, Keyset, Post, PostId, PostQuery, SortKey, Start, ports::Listed, search};

/// Posts and the indexes over them. [`upsert`](Self::upsert) and [`remove`](Self::remove) keep the
/// indexes up to date.
#[derive(Debug, Default)]
pub(crate) struct Index {
    posts: BTreeMap<PostId, Indexed>,
    by_creation: BTreeSet<Keyset>,
    by_update: BTreeSet<Keyset>,
    by_title: BTreeSet<Keyset>,
}

/// A post and its search tokens.
#[derive(Debug)]
struct Indexed {
    post: Post,
    tokens: BTreeSet<String>,
}

const KEYS: [SortKey; 3] = [SortKey::CreatedAt, SortKey::UpdatedAt, SortKey::Title];

impl Index {
    /// Inserts a post, or replaces the one with its id.
    pub(crate) fn upsert(&mut self, post: Post) {
        let tokens = search::tokens_of(post.record());
        self.remove(post.id());
        for key in KEYS {
            self.order_mut(key).insert(Keyset::of(&post, key));
        }
        self.posts.insert(post.id(), Indexed { post, tokens });
    }

    /// Removes the post with this id, and returns it.
    pub(crate) fn remove(&mut self, id: PostId) -> Option<Post> {
        let Indexed { post, .. } = self.posts.remove(&id)?;
        for key in KEYS {
            self.order_mut(key).remove(&Keyset::of(&post, key));
        }
        Some(post)
    }

    pub(crate) fn get(&self, id: PostId) -> Option<&Post> {
        self.posts.get(&id).map(|indexed| &indexed.post)
    }

    /// Returns the posts by ascending id. Starts after the id `after`, or at the first post when
    /// `after` is `None`.
    pub(crate) fn by_id(&self, after: Option<PostId>) -> impl Iterator<Item = &Post> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.posts.range((start, Bound::Unbounded)).map(|(_, indexed)| &indexed.post)
    }

    pub(crate) fn greatest_id(&self) -> Option<PostId> {
        self.posts.last_key_value().map(|(id, _)| *id)
    }

    pub(crate) fn len(&self) -> usize {
        self.posts.len()
    }

    /// Returns the posts in the window of a query, or only the first ones if they have much text.
    pub(crate) fn select(&self, query: &PostQuery) -> Listed {
        let (after, offset) = match &query.window.start {
            Start::First => (None, 0),
            Start::After(keyset) => (Some(keyset), 0),
            Start::Offset(posts) => (None, usize::try_from(*posts).unwrap_or(usize::MAX)),
        };
        let limit = usize::try_from(query.window.limit).unwrap_or(usize::MAX);
        Listed::cut(self.matching(query, after).skip(offset).take(limit).cloned())
    }

    /// Counts the posts that a query matches, ignoring its window.
    pub(crate) fn count(&self, query: &PostQuery) -> usize {
        self.matching(query, None).count()
    }

    /// Returns the posts that a query matches, in the query's order, starting after a keyset.
    fn matching<'a>(
        &'a self,
        query: &'a PostQuery,
        after: Option<&Keyset>,
    ) -> impl Iterator<Item = &'a Post> {
        let order = self.order(query.order.key);
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut keysets = match query.order.direction {
            Direction::Ascending => order.range((after, Bound::Unbounded)),
            Direction::Descending => order.range((Bound::Unbounded, after)),
        };
        iter::from_fn(move || match query.order.direction {
            Direction::Ascending => keysets.next(),
            Direction::Descending => keysets.next_back(),
        })
        .filter_map(|keyset| self.posts.get(&keyset.id))
        .filter(|Indexed { post, tokens }| query.includes(post.record(), tokens))
        .map(|Indexed { post, .. }| post)
    }

    fn order(&self, key: SortKey) -> &BTreeSet<Keyset> {
        match key {
            SortKey::CreatedAt => &self.by_creation,
            SortKey::UpdatedAt => &self.by_update,
            SortKey::Title => &self.by_title,
        }
    }

    fn order_mut(&mut self, key: SortKey) -> &mut BTreeSet<Keyset> {
        match key {
            SortKey::CreatedAt => &mut self.by_creation,
            SortKey::UpdatedAt => &mut self.by_update,
            SortKey::Title => &mut self.by_title,
        }
    }
}
