//! Updates and deletes with preconditions.

use std::sync::Arc;

use domain::{Post, PostChanges, Precondition, Scope, Version, Versions, ports::RepositoryError};
use futures::future::try_join_all;
use tokio::spawn;

use crate::{
    case::{Case, cases},
    sample::{at, id, post, post_with, title, version},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_write_succeeds_when_its_precondition_holds,
    a_write_with_a_failed_precondition_changes_nothing,
    a_missing_post_is_not_found_with_any_precondition,
    every_concurrent_update_applies_to_the_version_it_read,
    exactly_one_of_two_concurrent_writes_to_one_version_succeeds,
];

/// Returns a post of version 3 that was last updated at `at(10)`.
fn sample(n: u128) -> Post {
    post_with(n, |record| {
        record.version = version(3);
        record.updated_at = at(10);
    })
}

fn one_of(numbers: &[u64]) -> Option<Versions> {
    Some(Versions::OneOf(numbers.iter().map(|number| version(*number)).collect()))
}

fn version_in(versions: Option<Versions>) -> Precondition {
    Precondition { version_in: versions, ..Precondition::NONE }
}

fn version_not_in(versions: Option<Versions>) -> Precondition {
    Precondition { version_not_in: versions, ..Precondition::NONE }
}

fn unchanged_since(seconds: i64) -> Precondition {
    Precondition { unchanged_since: Some(at(seconds)), ..Precondition::NONE }
}

async fn a_write_succeeds_when_its_precondition_holds(store: Store) {
    let holding = [
        Precondition::NONE,
        version_in(one_of(&[3])),
        version_in(one_of(&[2, 3, 4])),
        version_in(Some(Versions::Any)),
        version_not_in(one_of(&[2, 4])),
        unchanged_since(10),
        unchanged_since(11),
        // Times are compared by the second.
        Precondition { unchanged_since: Some(at(10).whole_seconds()), ..Precondition::NONE },
        Precondition { version_in: one_of(&[3]), ..unchanged_since(0) },
    ];
    for (n, precondition) in (1..).zip(holding) {
        let mut expected = sample(n);
        let changes = PostChanges { title: Some(title("Another")), ..PostChanges::default() };
        expected.apply(&changes, at(20)).unwrap();

        store.posts.insert(&sample(n)).await.unwrap();
        let answer = store
            .posts
            .update(id(n), Scope::Everything, &changes, &precondition, at(20))
            .await
            .unwrap();
        assert_eq!(answer, expected, "{precondition:?}");
        assert_eq!(store.posts.find(id(n), Scope::Everything).await.unwrap(), Some(expected));

        store.posts.insert(&sample(n + 100)).await.unwrap();
        store.posts.delete(id(n + 100), Scope::Everything, &precondition).await.unwrap();
        assert_eq!(store.posts.find(id(n + 100), Scope::Everything).await.unwrap(), None);
    }
}

async fn a_write_with_a_failed_precondition_changes_nothing(store: Store) {
    store.posts.insert(&sample(1)).await.unwrap();
    let failing = [
        version_in(one_of(&[2, 4])),
        version_in(one_of(&[])),
        version_not_in(one_of(&[3])),
        version_not_in(Some(Versions::Any)),
        unchanged_since(9),
        Precondition { version_in: one_of(&[2]), ..unchanged_since(11) },
        Precondition { version_in: one_of(&[3]), ..version_not_in(one_of(&[3])) },
    ];
    let changes = PostChanges {
        title: Some(title("Another")),
        published: Some(false),
        ..PostChanges::default()
    };
    for precondition in failing {
        let updated = store
            .posts
            .update(id(1), Scope::Everything, &changes, &precondition, at(20))
            .await
            .map(drop);
        let deleted = store.posts.delete(id(1), Scope::Everything, &precondition).await;

        for result in [updated, deleted] {
            assert!(
                matches!(&result, Err(RepositoryError::PreconditionFailed(current))
                    if *current == version(3)),
                "{precondition:?} {result:?}"
            );
        }
        assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(sample(1)));
        assert_eq!(store.all().await.unwrap(), [sample(1)]);
    }
}

async fn a_missing_post_is_not_found_with_any_precondition(store: Store) {
    for precondition in [
        Precondition::version(Version::FIRST),
        version_in(Some(Versions::Any)),
        version_not_in(Some(Versions::Any)),
    ] {
        let changes = PostChanges::default();
        let updated = store
            .posts
            .update(id(1), Scope::Everything, &changes, &precondition, at(1))
            .await
            .map(drop);
        let deleted = store.posts.delete(id(1), Scope::Everything, &precondition).await;

        for result in [updated, deleted] {
            assert!(matches!(result, Err(RepositoryError::NotFound)), "{result:?}");
        }
    }
}

async fn every_concurrent_update_applies_to_the_version_it_read(store: Store) {
    const WRITERS: u64 = 32;
    const EACH: u64 = 5;
    store.posts.insert(&post(1)).await.unwrap();

    let writers = (0..WRITERS).map(|writer| {
        let posts = Arc::clone(&store.posts);
        spawn(async move {
            let mut successes = 0;
            for _ in 0..EACH {
                let read = posts
                    .find(id(1), Scope::Everything)
                    .await
                    .unwrap()
                    .unwrap()
                    .into_record()
                    .version;
                let changes = PostChanges {
                    title: Some(title(&format!("Title of writer {writer}"))),
                    ..PostChanges::default()
                };
                match posts
                    .update(id(1), Scope::Everything, &changes, &Precondition::version(read), at(1))
                    .await
                {
                    Ok(post) => {
                        assert_eq!(post.record().version.number(), read.number() + 1);
                        successes += 1;
                    }
                    Err(RepositoryError::PreconditionFailed(current)) => assert!(current > read),
                    Err(error) => panic!("{error:?}"),
                }
            }
            successes
        })
    });
    let successes: u64 = try_join_all(writers).await.unwrap().into_iter().sum();

    let last =
        store.posts.find(id(1), Scope::Everything).await.unwrap().unwrap().into_record().version;
    assert!(successes >= 1);
    assert_eq!(last.number(), Version::FIRST.number() + successes);
}

async fn exactly_one_of_two_concurrent_writes_to_one_version_succeeds(store: Store) {
    for n in 0..20 {
        store.posts.insert(&post(n)).await.unwrap();
        let [one, other] = [Arc::clone(&store.posts), Arc::clone(&store.posts)];
        let first = Precondition::version(Version::FIRST);

        let updated = spawn({
            let first = first.clone();
            async move {
                one.update(id(n), Scope::Everything, &PostChanges::default(), &first, at(1)).await
            }
        });
        let deleted = spawn(async move { other.delete(id(n), Scope::Everything, &first).await });

        match (updated.await.unwrap(), deleted.await.unwrap()) {
            (Ok(_), Err(RepositoryError::PreconditionFailed(current))) => {
                assert_eq!(current, version(2));
            }
            (Err(RepositoryError::NotFound), Ok(())) => {}
            results => panic!("{results:?}"),
        }
    }
}
