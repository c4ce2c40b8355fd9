//! Concurrent calls.

use std::sync::Arc;

use domain::{PostChanges, Precondition, Scope, ports::RepositoryError};
use futures::future::try_join_all;
use tokio::spawn;

use crate::{
    case::{Case, cases},
    overlap::read_while_writing,
    sample::{at, id, post, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    concurrent_writers_lose_no_write,
    a_reader_sees_all_posts_of_a_bulk_insert_or_none,
    exactly_one_of_two_deadlocking_bulk_inserts_succeeds,
];

async fn concurrent_writers_lose_no_write(store: Store) {
    const WRITERS: u128 = 32;
    const EACH: u128 = 10;
    store.posts.insert(&post(0)).await.unwrap();

    let writers = (0..WRITERS).map(|writer| {
        let posts = Arc::clone(&store.posts);
        spawn(async move {
            for n in 0..EACH {
                let number = 1 + writer * EACH + n;
                posts.insert(&post(number)).await.unwrap();
                let changes = PostChanges {
                    title: Some(title(&format!("Title of writer {writer}"))),
                    ..PostChanges::default()
                };
                let seconds = i64::try_from(number).unwrap();
                posts
                    .update(id(0), Scope::Everything, &changes, &Precondition::NONE, at(seconds))
                    .await
                    .unwrap();
            }
        })
    });
    try_join_all(writers).await.unwrap();

    assert_eq!(store.posts.count().await.unwrap(), 1 + u64::try_from(WRITERS * EACH).unwrap());
    let shared = store.posts.find(id(0), Scope::Everything).await.unwrap().unwrap().into_record();
    assert_eq!(shared.updated_at, at(i64::try_from(WRITERS * EACH).unwrap()));
    assert!(shared.title.as_str().starts_with("Title of writer "));
}

async fn a_reader_sees_all_posts_of_a_bulk_insert_or_none(store: Store) {
    const BATCH_SIZE: u128 = 25;
    let posts = Arc::clone(&store.posts);
    let write = move |n: u64| {
        let (posts, n) = (Arc::clone(&posts), u128::from(n));
        async move {
            let batch: Vec<_> = (n * BATCH_SIZE..(n + 1) * BATCH_SIZE).map(post).collect();
            posts.insert_all(&batch).await.unwrap();
        }
    };
    let read = async || {
        let seen = store.all().await.unwrap().len();
        assert_eq!(u128::try_from(seen).unwrap() % BATCH_SIZE, 0);
    };
    read_while_writing(write, read).await;
}

/// Two calls insert the same posts at the same time, in opposite orders. If a store locks each post
/// when it inserts the post, the calls can deadlock. The store must prevent the deadlock
/// or resolve it.
async fn exactly_one_of_two_deadlocking_bulk_inserts_succeeds(store: Store) {
    const BATCH_SIZE: u128 = 200;
    for round in 0..3 {
        let up: Vec<_> = (round * BATCH_SIZE..(round + 1) * BATCH_SIZE).map(post).collect();
        let down: Vec<_> = up.iter().rev().cloned().collect();

        let writes = [up, down].map(|batch| {
            let posts = Arc::clone(&store.posts);
            spawn(async move { posts.insert_all(&batch).await })
        });
        let results = try_join_all(writes).await.unwrap();

        let successes = results.iter().filter(|result| result.is_ok()).count();
        let conflicts =
            results.iter().filter(|result| matches!(result, Err(RepositoryError::Conflict)));
        assert_eq!((successes, conflicts.count()), (1, 1), "{results:?}");
    }
}
