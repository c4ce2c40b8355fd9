//! Where the posts are: by id, and in every order that they can be listed in.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    ops::Bound,
};

use domain::{Direction, Position, Post, PostFilter, PostId, Selection, SortKey, search};

/// Posts, and what is needed to find them. [`put`](Self::put) and [`take`](Self::take) keep one in
/// step with the other.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    posts: BTreeMap<PostId, Kept>,
    by_creation: BTreeSet<Position>,
    by_update: BTreeSet<Position>,
    by_title: BTreeSet<Position>,
}

/// A post, and the words that it is found by.
#[derive(Debug)]
struct Kept {
    post: Post,
    words: BTreeSet<String>,
}

impl Kept {
    fn passes(&self, filter: &PostFilter) -> bool {
        filter.published.is_none_or(|published| self.post.record().published == published)
            && filter.search.finds(&self.words)
    }
}

const KEYS: [SortKey; 3] = [SortKey::CreatedAt, SortKey::UpdatedAt, SortKey::Title];

impl Shelf {
    /// Puts a post in its place, and in the place of the one of its id.
    pub(crate) fn put(&mut self, post: Post) {
        let words = search::words_of(post.record());
        self.take(post.id());
        for key in KEYS {
            self.order_mut(key).insert(Position::of(&post, key));
        }
        self.posts.insert(post.id(), Kept { post, words });
    }

    pub(crate) fn take(&mut self, id: PostId) -> Option<Post> {
        let Kept { post, .. } = self.posts.remove(&id)?;
        for key in KEYS {
            self.order_mut(key).remove(&Position::of(&post, key));
        }
        Some(post)
    }

    pub(crate) fn get(&self, id: PostId) -> Option<&Post> {
        self.posts.get(&id).map(|kept| &kept.post)
    }

    /// The posts by ascending id, from the first behind `after`.
    pub(crate) fn by_id(&self, after: Option<PostId>) -> impl Iterator<Item = &Post> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.posts.range((start, Bound::Unbounded)).map(|(_, kept)| &kept.post)
    }

    pub(crate) fn greatest_id(&self) -> Option<PostId> {
        self.posts.last_key_value().map(|(id, _)| *id)
    }

    pub(crate) fn len(&self) -> usize {
        self.posts.len()
    }

    /// The posts of a selection, in its order, from the first behind `after`.
    pub(crate) fn select<'a>(
        &'a self,
        selection: &'a Selection,
        after: Option<Position>,
    ) -> impl Iterator<Item = &'a Post> {
        let order = self.order(selection.order.key);
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut places = match selection.order.direction {
            Direction::Ascending => order.range((behind, Bound::Unbounded)),
            Direction::Descending => order.range((Bound::Unbounded, behind)),
        };
        iter::from_fn(move || match selection.order.direction {
            Direction::Ascending => places.next(),
            Direction::Descending => places.next_back(),
        })
        .filter_map(|place| self.posts.get(&place.id))
        .filter(|kept| kept.passes(&selection.filter))
        .map(|kept| &kept.post)
    }

    fn order(&self, key: SortKey) -> &BTreeSet<Position> {
        match key {
            SortKey::CreatedAt => &self.by_creation,
            SortKey::UpdatedAt => &self.by_update,
            SortKey::Title => &self.by_title,
        }
    }

    fn order_mut(&mut self, key: SortKey) -> &mut BTreeSet<Position> {
        match key {
            SortKey::CreatedAt => &mut self.by_creation,
            SortKey::UpdatedAt => &mut self.by_update,
            SortKey::Title => &mut self.by_title,
        }
    }
}
