//! What a store does that something was done to behind its back.

use std::time::Duration;

use domain::{PostChanges, Precondition, Scope, Version, ports::RepositoryError};
use tokio::time::timeout;

use crate::{
    case::{Case, cases},
    sample::{at, every_post, id, post},
    store::Store,
};

pub(crate) const CASES: &[Case] =
    cases![what_is_no_post_is_an_error_and_no_post, a_store_that_cannot_write_says_so_and_recovers];

/// Longer than any call may take.
const FOR_EVER: Duration = Duration::from_secs(10);

async fn what_is_no_post_is_an_error_and_no_post(mut store: Store) {
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
}

async fn a_store_that_cannot_write_says_so_and_recovers(mut store: Store) {
    store.posts.insert(&post(1)).await.unwrap();

    store.faults().block();

    let refused = timeout(FOR_EVER, store.posts.insert(&post(2))).await.expect("an answer in time");
    assert!(matches!(refused, Err(RepositoryError::Unavailable(_))), "{refused:?}");
    store.faults().unblock();
    store.posts.insert(&post(3)).await.unwrap();
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(post(1)));
}
