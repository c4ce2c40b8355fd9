//! Posts to test with, and what to ask for.

use domain::{
    Content, NewPost, Post, PostFilter, PostId, PostOrder, PostRecord, Search, Selection,
    Timestamp, Title, Version,
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

/// All posts, in this order.
pub(crate) fn in_order(order: PostOrder) -> Selection {
    Selection { order, ..Selection::default() }
}

/// The posts that are published, or those that are not, or all.
pub(crate) fn published(published: Option<bool>) -> PostFilter {
    PostFilter { published, ..PostFilter::default() }
}

/// The posts that have all words of this text.
pub(crate) fn having(words: &str) -> Selection {
    let search = Search::parse(words).unwrap();
    Selection { filter: PostFilter { search, ..PostFilter::default() }, ..Selection::default() }
}
