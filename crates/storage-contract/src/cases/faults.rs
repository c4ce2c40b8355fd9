//! Corrupt posts and keys, and blocked writes, with fault injection.

use std::time::Duration;

use domain::{PostChanges, Precondition, Scope, Version, ports::RepositoryError};
use tokio::time::timeout;

use crate::{
    case::{Case, cases},
    sample::{api_key, at, every_post, id, key_id, matching, post},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_corrupt_post_is_an_error_and_can_be_deleted,
    a_corrupt_key_is_an_error_and_can_be_revoked,
    a_blocked_write_is_unavailable_and_later_writes_succeed
];

/// The maximum time of a write while writes are blocked. The store must return an error sooner.
const MAX_WAIT: Duration = Duration::from_secs(10);

async fn a_corrupt_post_is_an_error_and_can_be_deleted(mut store: Store) {
    store.posts.insert(&post(1)).await.unwrap();
    store.posts.insert(&post(2)).await.unwrap();

    store.faults().corrupt(id(1));

    for result in [
        store.posts.find(id(1), Scope::Everything).await.map(drop),
        store.all().await.map(drop),
        store.posts.list_with_total(&every_post()).await.map(drop),
        store
            .posts
            .update(id(1), Scope::Everything, &PostChanges::default(), &Precondition::NONE, at(1))
            .await
            .map(drop),
        store.posts.page(None, 10).await.map(drop),
    ] {
        assert!(matches!(result, Err(RepositoryError::Backend(_))), "{result:?}");
    }
    assert_eq!(store.posts.find(id(2), Scope::Everything).await.unwrap(), Some(post(2)));
    store
        .posts
        .delete(id(1), Scope::Everything, &Precondition::version(Version::FIRST))
        .await
        .unwrap();
    assert_eq!(store.all().await.unwrap(), [post(2)]);
    assert_eq!(store.posts.count().await.unwrap(), 1);
    let found = store.list_with_total(&matching("content"), 0, 10).await;
    assert_eq!((found.posts, found.total), (vec![post(2)], 1));
}

async fn a_corrupt_key_is_an_error_and_can_be_revoked(mut store: Store) {
    store.posts.insert_key(&api_key(1)).await.unwrap();
    store.posts.insert_key(&api_key(2)).await.unwrap();

    store.faults().corrupt_key(key_id(1));

    for result in
        [store.posts.find_key(key_id(1)).await.map(drop), store.posts.list_keys().await.map(drop)]
    {
        assert!(matches!(result, Err(RepositoryError::Backend(_))), "{result:?}");
    }
    assert_eq!(store.posts.find_key(key_id(2)).await.unwrap(), Some(api_key(2)));
    store.posts.revoke_key(key_id(1), at(1)).await.unwrap();
}

async fn a_blocked_write_is_unavailable_and_later_writes_succeed(mut store: Store) {
    store.posts.insert(&post(1)).await.unwrap();

    store.faults().block();

    let refused = timeout(MAX_WAIT, store.posts.insert(&post(2))).await.expect("an answer in time");
    assert!(matches!(refused, Err(RepositoryError::Unavailable(_))), "{refused:?}");
    store.faults().unblock();
    store.posts.insert(&post(3)).await.unwrap();
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(post(1)));
}
