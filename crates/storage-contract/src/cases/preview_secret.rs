//! Storing the secret that signs preview links.

use std::sync::Arc;

use domain::Secret;
use futures::future::try_join_all;
use tokio::spawn;

use crate::{
    case::{Case, cases},
    sample::secret,
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    the_first_secret_is_stored_and_returned,
    a_stored_secret_is_returned_instead_of_a_new_one,
    concurrent_calls_return_the_same_secret,
    a_replaced_secret_is_returned,
    replacing_a_missing_secret_stores_it,
    concurrent_replacements_succeed,
];

async fn the_first_secret_is_stored_and_returned(store: Store) {
    let bytes = std::array::from_fn(|n| 0xff - u8::try_from(n).unwrap());
    let new = Secret::new(bytes);

    assert_eq!(store.posts.preview_secret_or(new).await.unwrap(), new);
    assert_eq!(store.posts.preview_secret_or(secret(2)).await.unwrap(), new);
}

async fn a_stored_secret_is_returned_instead_of_a_new_one(store: Store) {
    store.posts.preview_secret_or(secret(1)).await.unwrap();

    for byte in [2, 3, 1] {
        assert_eq!(store.posts.preview_secret_or(secret(byte)).await.unwrap(), secret(1));
    }
}

async fn concurrent_calls_return_the_same_secret(store: Store) {
    let calls = (0..16).map(|byte| {
        let posts = Arc::clone(&store.posts);
        spawn(async move { posts.preview_secret_or(secret(byte)).await.unwrap() })
    });

    let secrets = try_join_all(calls).await.unwrap();

    let stored = store.posts.preview_secret_or(secret(0xff)).await.unwrap();
    assert!((0..16).any(|byte| secret(byte) == stored), "{:?}", stored.as_bytes());
    assert!(secrets.iter().all(|returned| *returned == stored));
}

async fn a_replaced_secret_is_returned(store: Store) {
    store.posts.preview_secret_or(secret(1)).await.unwrap();

    for byte in [2, 3] {
        store.posts.replace_preview_secret(secret(byte)).await.unwrap();

        assert_eq!(store.posts.preview_secret_or(secret(4)).await.unwrap(), secret(byte));
    }
}

async fn replacing_a_missing_secret_stores_it(store: Store) {
    store.posts.replace_preview_secret(secret(1)).await.unwrap();

    assert_eq!(store.posts.preview_secret_or(secret(2)).await.unwrap(), secret(1));
}

async fn concurrent_replacements_succeed(store: Store) {
    let calls = (0..16).map(|byte| {
        let posts = Arc::clone(&store.posts);
        spawn(async move { posts.replace_preview_secret(secret(byte)).await.unwrap() })
    });

    try_join_all(calls).await.unwrap();

    let stored = store.posts.preview_secret_or(secret(0xff)).await.unwrap();
    assert!((0..16).any(|byte| secret(byte) == stored), "{:?}", stored.as_bytes());
}
