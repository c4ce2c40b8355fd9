//! Posts, queries, API keys and secrets for the cases.

use domain::{
    ApiKey, Content, KeyId, KeyName, KeyScope, NewPost, Post, PostFilter, PostId, PostOrder,
    PostQuery, PostRecord, Scope, Search, Secret, Start, Timestamp, Title, Version, Window,
};
use uuid::Uuid;

/// Returns the id with the number `n`. Greater numbers give greater ids.
pub(crate) fn id(n: u128) -> PostId {
    PostId::new(Uuid::from_u128(n))
}

/// Returns the time `seconds` after a fixed start.
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

/// Returns a published post that was created at `at(0)`.
pub(crate) fn post(n: u128) -> Post {
    post_created(n, at(0), true)
}

/// Returns a post with this creation time and published flag.
pub(crate) fn post_created(n: u128, at: Timestamp, published: bool) -> Post {
    let new = NewPost {
        published,
        ..NewPost::new(title(&format!("Title {n}")), content(&format!("The content of post {n}")))
    };
    Post::create(id(n), new, at)
}

/// Returns `post(n)` with some fields changed by `change`.
pub(crate) fn post_with(n: u128, change: impl FnOnce(&mut PostRecord)) -> Post {
    let mut record = post(n).into_record();
    change(&mut record);
    Post::restore(record).unwrap()
}

/// Returns a query for every post, newest first.
pub(crate) fn every_post() -> PostQuery {
    PostQuery {
        scope: Scope::Everything,
        filter: PostFilter::default(),
        order: PostOrder::NEWEST_FIRST,
        window: Window { start: Start::First, limit: u32::MAX },
    }
}

/// Returns a query for every post, in this order.
pub(crate) fn in_order(order: PostOrder) -> PostQuery {
    PostQuery { order, ..every_post() }
}

/// Returns a filter for published posts, for drafts, or for both.
pub(crate) fn published(published: Option<bool>) -> PostFilter {
    PostFilter { published, ..PostFilter::default() }
}

/// Returns a query for the posts that match a search, newest first.
pub(crate) fn matching(text: &str) -> PostQuery {
    let search = Search::parse(text).unwrap();
    PostQuery { filter: PostFilter { search, ..PostFilter::default() }, ..every_post() }
}

/// Returns the id of an API key with the number `n`. Greater numbers give greater ids.
pub(crate) fn key_id(n: u128) -> KeyId {
    KeyId::new(Uuid::from_u128(n))
}

/// Returns a secret whose bytes are all `byte`.
pub(crate) fn secret(byte: u8) -> Secret {
    Secret::new([byte; Secret::BYTES])
}

/// Returns an API key that was created at `at(0)`, never expires and was never used.
pub(crate) fn api_key(n: u128) -> ApiKey {
    ApiKey {
        id: key_id(n),
        name: KeyName::new(format!("Key {n}")).unwrap(),
        scope: KeyScope::Write,
        hash: secret(1).hash(),
        created_at: at(0),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}
