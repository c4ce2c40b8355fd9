//! The version of a post.

use domain::{PostChanges, Precondition, Scope, Version, ports::RepositoryError};

use crate::{
    case::{Case, cases},
    sample::{at, id, post, post_with, version},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_version_reads_back_equal,
    every_update_increments_the_version,
    an_update_increments_the_version_of_a_post_inserted_in_bulk,
    a_post_with_the_greatest_version_cannot_be_updated,
];

async fn a_version_reads_back_equal(store: Store) {
    for (n, number) in (1..).zip([1, 2, 1 << 40, i64::MAX.unsigned_abs()]) {
        let [inserted, bulk_inserted] =
            [n, n + 100].map(|n| post_with(n, |record| record.version = version(number)));

        store.posts.insert(&inserted).await.unwrap();
        store.posts.insert_all(std::slice::from_ref(&bulk_inserted)).await.unwrap();

        for post in [inserted, bulk_inserted] {
            assert_eq!(store.posts.find(post.id(), Scope::Everything).await.unwrap(), Some(post));
        }
    }
}

async fn every_update_increments_the_version(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();
    let mut expected = Version::FIRST.number();

    for _ in 0..3 {
        let answer = store
            .posts
            .update(id(1), Scope::Everything, &PostChanges::default(), &Precondition::NONE, at(1))
            .await
            .unwrap();

        expected += 1;
        assert_eq!(answer.record().version, version(expected));
        assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(answer));
    }
}

async fn an_update_increments_the_version_of_a_post_inserted_in_bulk(store: Store) {
    let bulk_inserted = post_with(1, |record| record.version = version(41));
    store.posts.insert_all(&[bulk_inserted]).await.unwrap();

    let changes = PostChanges::default();
    let answer = store
        .posts
        .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(1))
        .await
        .unwrap();

    assert_eq!(answer.record().version, version(42));
}

async fn a_post_with_the_greatest_version_cannot_be_updated(store: Store) {
    let last = post_with(1, |record| record.version = version(i64::MAX.unsigned_abs()));
    store.posts.insert_all(std::slice::from_ref(&last)).await.unwrap();

    let refused = store
        .posts
        .update(id(1), Scope::Everything, &PostChanges::default(), &Precondition::NONE, at(1))
        .await;

    assert!(matches!(refused, Err(RepositoryError::Backend(_))), "{refused:?}");
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(last));
}
