//! Creating a post once for repeated requests with the same idempotency key.

use std::sync::Arc;

use domain::{
    Fingerprint, IdempotencyKey, KeyedRequest, PostChanges, Precondition, Scope, Timestamp,
    ports::{Insertion, RepositoryError},
};
use futures::future::try_join_all;
use tokio::spawn;

use crate::{
    case::{Case, cases},
    sample::{at, id, key_id, matching, post, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    the_first_request_creates_the_post,
    a_repeated_request_creates_no_second_post,
    updating_or_deleting_the_post_changes_no_answer,
    a_different_request_with_the_same_key_is_refused,
    the_same_request_with_another_key_creates_another_post,
    keys_are_compared_character_by_character,
    a_key_expires_after_its_time_to_live_and_no_sooner,
    a_request_with_an_expired_key_is_recorded_again,
    a_record_stays_valid_when_the_clock_goes_back,
    a_request_that_conflicts_is_not_recorded,
    exactly_one_of_many_concurrent_requests_creates_the_post,
    concurrent_requests_with_different_keys_each_create_a_post,
    requests_of_different_owners_with_the_same_key_each_create_a_post,
    a_repeated_request_of_the_same_owner_creates_no_second_post,
    a_key_with_the_text_of_an_owner_and_a_key_is_another_key,
];

pub(super) fn request(key: &str, fingerprint: u8, at: Timestamp) -> KeyedRequest {
    KeyedRequest {
        key: IdempotencyKey::new(key).unwrap(),
        owner: None,
        fingerprint: Fingerprint::new([fingerprint; 32]),
        at,
    }
}

/// Returns the request of an owner with the idempotency key `key`.
fn owned_request(owner: u128, key: &str, fingerprint: u8, at: Timestamp) -> KeyedRequest {
    KeyedRequest { owner: Some(key_id(owner)), ..request(key, fingerprint, at) }
}

async fn insert_once(store: &Store, n: u128, request: &KeyedRequest) -> Insertion {
    store.posts.insert_once(&post(n), request).await.unwrap()
}

async fn the_first_request_creates_the_post(store: Store) {
    let answer = insert_once(&store, 1, &request("key", 1, at(0))).await;

    assert_eq!(answer, Insertion::Created);
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(post(1)));
    assert_eq!(store.posts.count().await.unwrap(), 1);
    assert_eq!(store.list(&matching("content"), None, 10).await, [post(1)]);
}

async fn a_repeated_request_creates_no_second_post(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;

    for n in 2..4 {
        let answer = insert_once(&store, n, &request("key", 1, at(60))).await;

        assert_eq!(answer, Insertion::AlreadyCreated { id: id(1), at: at(0) });
        assert_eq!(store.all().await.unwrap(), [post(1)]);
    }
}

async fn updating_or_deleting_the_post_changes_no_answer(store: Store) {
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

async fn a_different_request_with_the_same_key_is_refused(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;

    let answer = insert_once(&store, 2, &request("key", 2, at(60))).await;

    assert_eq!(answer, Insertion::KeyReused);
    assert_eq!(store.all().await.unwrap(), [post(1)]);
    let answer = insert_once(&store, 3, &request("key", 1, at(60))).await;
    assert_eq!(answer, Insertion::AlreadyCreated { id: id(1), at: at(0) });
}

async fn the_same_request_with_another_key_creates_another_post(store: Store) {
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

/// Returns the time to live of a key, in seconds.
fn time_to_live() -> i64 {
    i64::try_from(IdempotencyKey::TIME_TO_LIVE.as_secs()).unwrap()
}

async fn a_key_expires_after_its_time_to_live_and_no_sooner(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;

    let answer = insert_once(&store, 2, &request("key", 1, at(time_to_live()))).await;
    assert_eq!(answer, Insertion::AlreadyCreated { id: id(1), at: at(0) });

    let later = Timestamp::from_unix_micros(at(time_to_live()).as_unix_micros() + 1).unwrap();
    let answer = insert_once(&store, 3, &request("key", 2, later)).await;
    assert_eq!(answer, Insertion::Created);
    assert_eq!(store.all().await.unwrap(), [post(3), post(1)]);
}

async fn a_request_with_an_expired_key_is_recorded_again(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(0))).await;
    insert_once(&store, 2, &request("key", 2, at(time_to_live() + 1))).await;

    let answer = insert_once(&store, 3, &request("key", 2, at(2 * time_to_live() + 1))).await;

    assert_eq!(answer, Insertion::AlreadyCreated { id: id(2), at: at(time_to_live() + 1) });
}

async fn a_record_stays_valid_when_the_clock_goes_back(store: Store) {
    insert_once(&store, 1, &request("key", 1, at(60))).await;

    let answer = insert_once(&store, 2, &request("key", 1, at(0))).await;

    assert_eq!(answer, Insertion::AlreadyCreated { id: id(1), at: at(60) });
}

async fn a_request_that_conflicts_is_not_recorded(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();

    let conflict = store.posts.insert_once(&post(1), &request("key", 1, at(0))).await;

    assert!(matches!(conflict, Err(RepositoryError::Conflict)), "{conflict:?}");
    assert_eq!(store.posts.count().await.unwrap(), 1);
    assert_eq!(insert_once(&store, 2, &request("key", 2, at(0))).await, Insertion::Created);
}

async fn exactly_one_of_many_concurrent_requests_creates_the_post(store: Store) {
    let requests = (0..32).map(|n| {
        let posts = Arc::clone(&store.posts);
        spawn(async move { posts.insert_once(&post(n), &request("key", 1, at(0))).await.unwrap() })
    });

    let answers = try_join_all(requests).await.unwrap();

    let stored = store.all().await.unwrap();
    assert_eq!(stored.len(), 1);
    let created = answers.iter().filter(|answer| **answer == Insertion::Created).count();
    assert_eq!(created, 1, "{answers:?}");
    for answer in answers {
        let allowed = match answer {
            Insertion::Created | Insertion::InProgress => true,
            Insertion::AlreadyCreated { id, at: created_at } => {
                id == stored[0].id() && created_at == at(0)
            }
            Insertion::KeyReused => false,
        };
        assert!(allowed, "{answer:?}");
    }
}

async fn concurrent_requests_with_different_keys_each_create_a_post(store: Store) {
    // These records have expired when the concurrent requests below are made. Each of the requests
    // can therefore try to remove the same records.
    for n in 0..50 {
        insert_once(&store, n, &request(&format!("old-{n}"), 1, at(0))).await;
    }

    let requests = (100..132).map(|n| {
        let posts = Arc::clone(&store.posts);
        let request = request(&format!("key-{n}"), 1, at(time_to_live() + 1));
        spawn(async move { posts.insert_once(&post(n), &request).await.unwrap() })
    });

    let answers = try_join_all(requests).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == Insertion::Created), "{answers:?}");
    assert_eq!(store.posts.count().await.unwrap(), 50 + 32);
}

async fn requests_of_different_owners_with_the_same_key_each_create_a_post(store: Store) {
    // The fingerprints are equal for the first three requests, and different for the others.
    let requests = [
        request("key", 1, at(0)),
        owned_request(1, "key", 1, at(0)),
        owned_request(2, "key", 1, at(0)),
        owned_request(3, "key", 2, at(0)),
        owned_request(u128::MAX, "key", 3, at(0)),
    ];

    for (n, request) in (1..).zip(&requests) {
        assert_eq!(insert_once(&store, n, request).await, Insertion::Created, "{request:?}");
    }

    assert_eq!(store.posts.count().await.unwrap(), 5);
    for (n, request) in (1..).zip(&requests) {
        let answer = insert_once(&store, 100, request).await;
        assert_eq!(answer, Insertion::AlreadyCreated { id: id(n), at: at(0) }, "{request:?}");
    }
}

async fn a_repeated_request_of_the_same_owner_creates_no_second_post(store: Store) {
    insert_once(&store, 1, &owned_request(1, "key", 1, at(0))).await;

    let same = insert_once(&store, 2, &owned_request(1, "key", 1, at(60))).await;
    let different = insert_once(&store, 3, &owned_request(1, "key", 2, at(60))).await;

    assert_eq!(same, Insertion::AlreadyCreated { id: id(1), at: at(0) });
    assert_eq!(different, Insertion::KeyReused);
    assert_eq!(store.all().await.unwrap(), [post(1)]);
}

async fn a_key_with_the_text_of_an_owner_and_a_key_is_another_key(store: Store) {
    let owner = key_id(1);
    let with_owner_in_text = format!("{owner}:key");
    let requests = [
        owned_request(1, "key", 1, at(0)),
        request(&with_owner_in_text, 1, at(0)),
        request(&format!(":{with_owner_in_text}"), 1, at(0)),
        request("key", 1, at(0)),
        request(":key", 1, at(0)),
        owned_request(1, ":key", 1, at(0)),
    ];

    for (n, request) in (1..).zip(&requests) {
        assert_eq!(insert_once(&store, n, request).await, Insertion::Created, "{request:?}");
    }
}
