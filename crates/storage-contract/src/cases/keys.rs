//! Storing API keys.

use std::sync::Arc;

use domain::{ApiKey, KeyName, KeyScope, SecretHash, Timestamp, ports::RepositoryError};
use futures::future::try_join_all;
use tokio::spawn;

use crate::{
    case::{Case, cases},
    sample::{api_key, at, key_id, post, secret},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_key_without_optional_times_reads_back_equal,
    a_key_with_every_time_reads_back_equal,
    any_name_reads_back_equal,
    every_scope_and_any_hash_read_back_equal,
    times_of_a_key_read_back_to_the_microsecond,
    inserting_an_existing_key_is_a_conflict_and_changes_nothing,
    a_post_and_a_key_can_have_the_same_id,
    a_missing_key_is_not_found,
    keys_are_listed_by_ascending_id,
    a_revoked_key_has_the_time_of_the_revocation,
    revoking_a_revoked_key_does_not_change_it,
    concurrent_revocations_keep_one_time,
    revoking_a_missing_key_is_not_found,
    replacing_a_hash_changes_only_the_hash,
    replacing_the_hash_of_a_missing_key_is_not_found,
    a_use_of_a_key_is_recorded,
    the_recorded_time_of_use_never_decreases,
    concurrent_uses_record_the_latest_time,
    recording_a_use_of_a_missing_key_changes_nothing,
];

/// Returns a key whose optional times all have a value.
fn key_with_every_time(n: u128) -> ApiKey {
    ApiKey {
        expires_at: Some(at(100)),
        revoked_at: Some(at(50)),
        last_used_at: Some(at(25)),
        ..api_key(n)
    }
}

async fn insert(store: &Store, keys: &[ApiKey]) {
    for key in keys {
        store.posts.insert_key(key).await.unwrap();
    }
}

async fn find(store: &Store, n: u128) -> Option<ApiKey> {
    store.posts.find_key(key_id(n)).await.unwrap()
}

/// Inserts a key and asserts that it reads back equal, alone and in a list.
async fn assert_reads_back_equal(store: &Store, key: ApiKey) {
    store.posts.insert_key(&key).await.unwrap();

    assert_eq!(store.posts.find_key(key.id).await.unwrap().as_ref(), Some(&key));
    assert!(store.posts.list_keys().await.unwrap().contains(&key), "{key:?}");
}

async fn a_key_without_optional_times_reads_back_equal(store: Store) {
    assert_reads_back_equal(&store, api_key(1)).await;
}

async fn a_key_with_every_time_reads_back_equal(store: Store) {
    assert_reads_back_equal(&store, key_with_every_time(1)).await;
}

async fn any_name_reads_back_equal(store: Store) {
    let longest = "🦀".repeat(KeyName::MAX_CHARS);
    let names = [
        "n",
        " spaces ",
        "'single', \"double\" and `back` quotes, back\\slash",
        "'; DROP TABLE api_keys; -- %s ? $1 :name",
        "👩‍👩‍👧‍👦 𝄞 e\u{301} é ß İ",
        &longest,
    ];
    for (n, name) in (1..).zip(names) {
        let name = KeyName::new(name).unwrap();
        assert_reads_back_equal(&store, ApiKey { name, ..api_key(n) }).await;
    }
    // Two keys can have the same name.
    assert_reads_back_equal(&store, ApiKey { name: KeyName::new("n").unwrap(), ..api_key(100) })
        .await;
}

async fn every_scope_and_any_hash_read_back_equal(store: Store) {
    let bytes: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap());
    let hashes = [[0; 32], [0xff; 32], bytes].map(SecretHash::new);
    for (n, (scope, hash)) in (1..).zip(KeyScope::ALL.into_iter().zip(hashes)) {
        assert_reads_back_equal(&store, ApiKey { scope, hash, ..api_key(n) }).await;
    }
}

async fn times_of_a_key_read_back_to_the_microsecond(store: Store) {
    let counts = [0, 1, -1, 999_999, 1_740_653_378_369_401];
    let times = counts.map(|micros| Timestamp::from_unix_micros(micros).unwrap());
    let extremes = [Timestamp::MIN, Timestamp::MAX];
    for (n, time) in (1..).zip(times.into_iter().chain(extremes)) {
        let key = ApiKey {
            created_at: time,
            expires_at: Some(time),
            revoked_at: Some(time),
            last_used_at: Some(time),
            ..api_key(n)
        };
        assert_reads_back_equal(&store, key).await;
    }
}

async fn inserting_an_existing_key_is_a_conflict_and_changes_nothing(store: Store) {
    insert(&store, &[api_key(1)]).await;
    let other = ApiKey {
        name: KeyName::new("Another").unwrap(),
        scope: KeyScope::Admin,
        hash: secret(2).hash(),
        ..key_with_every_time(1)
    };

    let result = store.posts.insert_key(&other).await;

    assert!(matches!(result, Err(RepositoryError::Conflict)), "{result:?}");
    assert_eq!(store.posts.list_keys().await.unwrap(), [api_key(1)]);
}

async fn a_post_and_a_key_can_have_the_same_id(store: Store) {
    store.insert(&[post(1)]).await;

    insert(&store, &[api_key(1)]).await;

    assert_eq!(find(&store, 1).await, Some(api_key(1)));
    assert_eq!(store.all().await.unwrap(), [post(1)]);
}

async fn a_missing_key_is_not_found(store: Store) {
    insert(&store, &[api_key(1)]).await;

    assert_eq!(find(&store, 2).await, None);
}

async fn keys_are_listed_by_ascending_id(store: Store) {
    assert_eq!(store.posts.list_keys().await.unwrap(), []);
    // The creation times and the ids have opposite orders.
    let numbers = [1, 2, 0x0100, 0x7f << 120, 0x80 << 120, u128::MAX];
    let keys: Vec<ApiKey> = (0..)
        .zip(numbers)
        .map(|(n, number)| ApiKey { created_at: at(-n), ..api_key(number) })
        .collect();
    for index in [3, 0, 5, 1, 4, 2] {
        insert(&store, &keys[index..=index]).await;
    }

    assert_eq!(store.posts.list_keys().await.unwrap(), keys);
}

async fn a_revoked_key_has_the_time_of_the_revocation(store: Store) {
    insert(&store, &[api_key(1), api_key(2)]).await;

    store.posts.revoke_key(key_id(1), at(7)).await.unwrap();

    let revoked = ApiKey { revoked_at: Some(at(7)), ..api_key(1) };
    assert_eq!(store.posts.list_keys().await.unwrap(), [revoked, api_key(2)]);
}

async fn revoking_a_revoked_key_does_not_change_it(store: Store) {
    insert(&store, &[api_key(1)]).await;
    store.posts.revoke_key(key_id(1), at(7)).await.unwrap();

    for seconds in [8, 7, 6] {
        store.posts.revoke_key(key_id(1), at(seconds)).await.unwrap();

        let revoked = ApiKey { revoked_at: Some(at(7)), ..api_key(1) };
        assert_eq!(find(&store, 1).await, Some(revoked));
    }
}

async fn concurrent_revocations_keep_one_time(store: Store) {
    insert(&store, &[api_key(1)]).await;

    let calls = (0..16).map(|n| {
        let posts = Arc::clone(&store.posts);
        spawn(async move {
            posts.revoke_key(key_id(1), at(n)).await.unwrap();
            posts.find_key(key_id(1)).await.unwrap().unwrap().revoked_at
        })
    });
    let seen = try_join_all(calls).await.unwrap();

    let stored = find(&store, 1).await.unwrap().revoked_at;
    assert!(stored.is_some());
    assert!(seen.iter().all(|time| *time == stored), "{seen:?}");
}

async fn revoking_a_missing_key_is_not_found(store: Store) {
    insert(&store, &[api_key(1)]).await;

    let result = store.posts.revoke_key(key_id(2), at(7)).await;

    assert!(matches!(result, Err(RepositoryError::NotFound)), "{result:?}");
    assert_eq!(store.posts.list_keys().await.unwrap(), [api_key(1)]);
}

async fn replacing_a_hash_changes_only_the_hash(store: Store) {
    insert(&store, &[key_with_every_time(1), api_key(2)]).await;

    store.posts.replace_key_hash(key_id(1), secret(2).hash()).await.unwrap();

    let replaced = ApiKey { hash: secret(2).hash(), ..key_with_every_time(1) };
    assert_eq!(store.posts.list_keys().await.unwrap(), [replaced, api_key(2)]);
}

async fn replacing_the_hash_of_a_missing_key_is_not_found(store: Store) {
    insert(&store, &[api_key(1)]).await;

    let result = store.posts.replace_key_hash(key_id(2), secret(2).hash()).await;

    assert!(matches!(result, Err(RepositoryError::NotFound)), "{result:?}");
    assert_eq!(store.posts.list_keys().await.unwrap(), [api_key(1)]);
}

async fn a_use_of_a_key_is_recorded(store: Store) {
    insert(&store, &[api_key(1), api_key(2)]).await;

    for seconds in [7, 8] {
        store.posts.record_key_use(key_id(1), at(seconds)).await.unwrap();

        let used = ApiKey { last_used_at: Some(at(seconds)), ..api_key(1) };
        assert_eq!(store.posts.list_keys().await.unwrap(), [used, api_key(2)]);
    }
}

async fn the_recorded_time_of_use_never_decreases(store: Store) {
    insert(&store, &[api_key(1)]).await;
    store.posts.record_key_use(key_id(1), at(7)).await.unwrap();

    for time in [at(6), Timestamp::MIN, at(7)] {
        store.posts.record_key_use(key_id(1), time).await.unwrap();

        assert_eq!(find(&store, 1).await.unwrap().last_used_at, Some(at(7)));
    }
}

async fn concurrent_uses_record_the_latest_time(store: Store) {
    insert(&store, &[api_key(1)]).await;

    let calls = [3, 15, 8, 0, 12, 5, 1, 9, 14, 2, 7, 11, 4, 13, 6, 10].map(|n| {
        let posts = Arc::clone(&store.posts);
        spawn(async move { posts.record_key_use(key_id(1), at(n)).await.unwrap() })
    });
    try_join_all(calls).await.unwrap();

    assert_eq!(find(&store, 1).await.unwrap().last_used_at, Some(at(15)));
}

async fn recording_a_use_of_a_missing_key_changes_nothing(store: Store) {
    insert(&store, &[api_key(1)]).await;

    store.posts.record_key_use(key_id(2), at(7)).await.unwrap();

    assert_eq!(store.posts.list_keys().await.unwrap(), [api_key(1)]);
}
