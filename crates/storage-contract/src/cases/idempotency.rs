//! Making a post once, however often it is asked for.

use std::sync::Arc;

use domain::{
    Fingerprint, IdempotencyKey, KeyedRequest, PostChanges, Precondition, Scope, Timestamp,
    ports::{Insertion, RepositoryError},
};
use futures::future::try_join_all;
use tokio::spawn;

use crate::{
    case::{Case, cases},
    sample::{at, id, matching, post, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    the_first_request_makes_the_post,
    the_same_request_again_makes_no_second_one,
    what_becomes_of_the_post_changes_no_answer,
    another_request_with_the_same_key_is_refused,
    another_key_is_another_request,
    keys_are_compared_character_by_character,
    a_key_is_forgotten_after_its_time_and_no_sooner,
    a_request_after_its_key_was_forgotten_is_recorded_anew,
    a_request_that_conflicts_is_not_recorded,
    of_many_requests_at_the_same_time_one_makes_the_post,
    of_many_keys_at_the_same_time_each_makes_its_post,
];

pub(super) fn request(key: &str, fingerprint: u8, at: Timestamp) -> KeyedRequest {
    KeyedRequest {
        key: IdempotencyKey::new(key).unwrap(),
        fingerprint: Fingerprint::new([fingerprint; 32]),
        at,
    }
}

async fn insert_once(store: &Store, n: u128, request: &KeyedRequest) -> Insertion {
    store.posts.insert_once(&post(n), request).await.unwrap()
}

async fn the_first_request_makes_the_post(store: Store) {
    let answer = insert_once(&store, 1, &request("key", 1, at(0))).await;

    assert_eq!(answer, Insertion::Created);
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(post(1)));
    assert_eq!(store.posts.count().await.unwrap(), 1);
    assert_eq!(store.list(&matching("content"), None, 10).await, [post(1)]);
}

async fn the_same_request_again_makes_no_second_one(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;

    for n in 2..4 {
        let answer = insert_once(&store, n, &request("key", 1, at(60))).await;

        assert_eq!(answer, Insertion::AlreadyCreated { id: id(1), at: at(0) });
        assert_eq!(store.all().await.unwrap(), [post(1)]);
    }
}

async fn what_becomes_of_the_post_changes_no_answer(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;
    let again = async || insert_once(&store, 2, &request("key", 1, at(60))).await;

    let changes = PostChanges { title: Some(title("Another")), ..PostChanges::default() };
    store
        .posts
        .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(1))
        .await
        .unwrap();
    assert_eq!(again().await, Insertion::AlreadyCreated { id: id(1), at: at(0) });

    store.posts.delete(id(1), Scope::Everything, &Precondition::NONE).await.unwrap();
    assert_eq!(again().await, Insertion::AlreadyCreated { id: id(1), at: at(0) });
    assert_eq!(store.posts.count().await.unwrap(), 0);
}

async fn another_request_with_the_same_key_is_refused(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;

    let answer = insert_once(&store, 2, &request("key", 2, at(60))).await;

    assert_eq!(answer, Insertion::KeyReused);
    assert_eq!(store.all().await.unwrap(), [post(1)]);
    let answer = insert_once(&store, 3, &request("key", 1, at(60))).await;
    assert_eq!(answer, Insertion::AlreadyCreated { id: id(1), at: at(0) });
}

async fn another_key_is_another_request(store: Store) {
    for (n, key) in (1..).zip(["a", "b"]) {
        assert_eq!(insert_once(&store, n, &request(key, 1, at(0))).await, Insertion::Created);
    }

    assert_eq!(store.posts.count().await.unwrap(), 2);
}

async fn keys_are_compared_character_by_character(store: Store) {
    let longest = "k".repeat(IdempotencyKey::MAX_CHARS);
    let keys = ["key", "KEY", "Key", "k_y", "k%", "'key'", "\"key\"", "key\\", &longest];

    for (n, key) in (1..).zip(keys) {
        let answer = insert_once(&store, n, &request(key, 1, at(0))).await;
        assert_eq!(answer, Insertion::Created, "{key}");
    }
}

/// For how many seconds a key is remembered.
fn kept() -> i64 {
    i64::try_from(IdempotencyKey::TIME_TO_LIVE.as_secs()).unwrap()
}

async fn a_key_is_forgotten_after_its_time_and_no_sooner(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;

    let answer = insert_once(&store, 2, &request("key", 1, at(kept()))).await;
    assert_eq!(answer, Insertion::AlreadyCreated { id: id(1), at: at(0) });

    let later = Timestamp::from_unix_micros(at(kept()).as_unix_micros() + 1).unwrap();
    let answer = insert_once(&store, 3, &request("key", 2, later)).await;
    assert_eq!(answer, Insertion::Created);
    assert_eq!(store.all().await.unwrap(), [post(3), post(1)]);
}

async fn a_request_after_its_key_was_forgotten_is_recorded_anew(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;
    insert_once(&store, 2, &request("key", 2, at(kept() + 1))).await;

    let answer = insert_once(&store, 3, &request("key", 2, at(2 * kept() + 1))).await;

    assert_eq!(answer, Insertion::AlreadyCreated { id: id(2), at: at(kept() + 1) });
}

async fn a_request_that_conflicts_is_not_recorded(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();

    let conflict = store.posts.insert_once(&post(1), &request("key", 1, at(0))).await;

    assert!(matches!(conflict, Err(RepositoryError::Conflict)), "{conflict:?}");
    assert_eq!(store.posts.count().await.unwrap(), 1);
    assert_eq!(insert_once(&store, 2, &request("key", 2, at(0))).await, Insertion::Created);
}

async fn of_many_requests_at_the_same_time_one_makes_the_post(store: Store) {
    let requests = (0..32).map(|n| {
        let posts = Arc::clone(&store.posts);
        spawn(async move { posts.insert_once(&post(n), &request("key", 1, at(0))).await.unwrap() })
    });

    let answers = try_join_all(requests).await.unwrap();

    let kept = store.all().await.unwrap();
    assert_eq!(kept.len(), 1);
    let made = answers.iter().filter(|answer| **answer == Insertion::Created).count();
    assert_eq!(made, 1, "{answers:?}");
    for answer in answers {
        let allowed = match answer {
            Insertion::Created | Insertion::InProgress => true,
            Insertion::AlreadyCreated { id, at: made_at } => id == kept[0].id() && made_at == at(0),
            Insertion::KeyReused => false,
        };
        assert!(allowed, "{answer:?}");
    }
}

async fn of_many_keys_at_the_same_time_each_makes_its_post(store: Store) {
    // Of a day ago, so that everyone finds some to forget.
    for n in 0..50 {
        insert_once(&store, n, &request(&format!("old-{n}"), 1, at(0))).await;
    }

    let requests = (100..132).map(|n| {
        let posts = Arc::clone(&store.posts);
        let request = request(&format!("key-{n}"), 1, at(kept() + 1));
        spawn(async move { posts.insert_once(&post(n), &request).await.unwrap() })
    });

    let answers = try_join_all(requests).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == Insertion::Created), "{answers:?}");
    assert_eq!(store.posts.count().await.unwrap(), 50 + 32);
}
