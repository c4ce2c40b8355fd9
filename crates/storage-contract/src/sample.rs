//! Posts to test with, and what to ask for.

use domain::{
    Content, NewPost, Post, PostFilter, PostId, PostOrder, PostQuery, PostRecord, Scope, Search,
    Start, Timestamp, Title, Version, Window,
};
use uuid::Uuid;

/// The id of the number `n`; a greater number makes a greater id.
pub(crate) fn id(n: u128) -> PostId {
    PostId::new(Uuid::from_u128(n))
}

/// The moment `seconds` after the one that every sample starts from.
pub(crate) fn at(seconds: i64) -> Timestamp {
    const START: i64 = 1_740_653_378_369_401;
    Timestamp::from_unix_micros(START + seconds * 1_000_000).unwrap()
}

pub(crate) fn title(text: &str) -> Title {
    Title::new(text).unwrap()
}

pub(crate) fn content(text: &str) -> Content {
    Content::new(text).unwrap()
}

pub(crate) fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// A published post, made at `at(0)`.
pub(crate) fn post(n: u128) -> Post {
    post_made(n, at(0), true)
}

pub(crate) fn post_made(n: u128, at: Timestamp, published: bool) -> Post {
    let new = NewPost {
        published,
        ..NewPost::new(title(&format!("Title {n}")), content(&format!("The content of post {n}")))
    };
    Post::create(id(n), new, at)
}

/// `post(n)`, but for what `difference` makes of it.
pub(crate) fn post_but(n: u128, difference: impl FnOnce(&mut PostRecord)) -> Post {
    let mut record = post(n).into_record();
    difference(&mut record);
    Post::restore(record).unwrap()
}

/// A query for every post, newest first.
pub(crate) fn every_post() -> PostQuery {
    PostQuery {
        scope: Scope::Everything,
        filter: PostFilter::default(),
        order: PostOrder::NEWEST_FIRST,
        window: Window { start: Start::First, limit: u32::MAX },
    }
}

/// A query for every post, in this order.
pub(crate) fn in_order(order: PostOrder) -> PostQuery {
    PostQuery { order, ..every_post() }
}

/// A filter for the published posts, for the drafts, or for both.
pub(crate) fn published(published: Option<bool>) -> PostFilter {
    PostFilter { published, ..PostFilter::default() }
}

/// A query for the posts that match a search.
pub(crate) fn matching(text: &str) -> PostQuery {
    let search = Search::parse(text).unwrap();
    PostQuery { filter: PostFilter { search, ..PostFilter::default() }, ..every_post() }
}
