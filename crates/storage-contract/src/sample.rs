//! Posts to test with.

use domain::{Content, NewPost, Post, PostId, Timestamp, Title};
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
