//! Updating a post.

use std::sync::Arc;

use domain::{Post, PostChanges, Precondition, Scope, ports::RepositoryError};
use futures::future::try_join_all;
use tokio::spawn;

use crate::{
    case::{Case, cases},
    sample::{at, content, id, post, post_created, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    each_field_changes_alone,
    all_fields_change_at_once,
    no_other_post_changes,
    updated_at_never_goes_back,
    updating_a_missing_post_is_not_found_and_creates_nothing,
    no_concurrent_update_is_lost,
];

/// Inserts a draft and updates it. Asserts that the answer and the stored post equal the result of
/// the domain's `Post::apply`.
async fn assert_update_matches_domain(store: &Store, n: u128, changes: PostChanges) {
    let mut expected = post_created(n, at(0), false);
    store.posts.insert(&expected).await.unwrap();
    expected.apply(&changes, at(1)).unwrap();

    let answer = store
        .posts
        .update(id(n), Scope::Everything, &changes, &Precondition::NONE, at(1))
        .await
        .unwrap();

    assert_eq!(answer, expected);
    assert_eq!(store.posts.find(id(n), Scope::Everything).await.unwrap(), Some(expected));
}

fn new_title() -> PostChanges {
    PostChanges { title: Some(title("A new 'title' 🦀")), ..PostChanges::default() }
}

fn new_content() -> PostChanges {
    PostChanges { content: Some(content("New \"content\"\n🦀")), ..PostChanges::default() }
}

fn publish() -> PostChanges {
    PostChanges { published: Some(true), ..PostChanges::default() }
}

async fn each_field_changes_alone(store: Store) {
    let changes = [new_title(), new_content(), publish(), PostChanges::default()];
    for (n, changes) in (1..).zip(changes) {
        assert_update_matches_domain(&store, n, changes).await;
    }
}

async fn all_fields_change_at_once(store: Store) {
    let all = PostChanges {
        title: new_title().title,
        content: new_content().content,
        published: publish().published,
    };
    assert_update_matches_domain(&store, 1, all).await;
}

async fn no_other_post_changes(store: Store) {
    for n in 1..=3 {
        store.posts.insert(&post(n)).await.unwrap();
    }

    store
        .posts
        .update(id(2), Scope::Everything, &new_title(), &Precondition::NONE, at(1))
        .await
        .unwrap();

    for n in [1, 3] {
        assert_eq!(store.posts.find(id(n), Scope::Everything).await.unwrap(), Some(post(n)));
    }
}

async fn updated_at_never_goes_back(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();

    let answer = store
        .posts
        .update(id(1), Scope::Everything, &new_title(), &Precondition::NONE, at(-1))
        .await
        .unwrap();

    assert_eq!(answer.record().updated_at, at(0));
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(answer));
}

async fn updating_a_missing_post_is_not_found_and_creates_nothing(store: Store) {
    let result = store
        .posts
        .update(id(1), Scope::Everything, &new_title(), &Precondition::NONE, at(1))
        .await;

    assert!(matches!(result, Err(RepositoryError::NotFound)), "{result:?}");
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), None);
}

async fn no_concurrent_update_is_lost(store: Store) {
    const ROUNDS: u128 = 20;
    let posts: Vec<Post> = (1..=ROUNDS).map(|n| post_created(n, at(0), false)).collect();
    for post in &posts {
        store.posts.insert(post).await.unwrap();
    }
    let changes = [new_title(), new_content(), publish()];

    let updates = posts.iter().flat_map(|post| {
        changes.iter().map(|changes| {
            let (posts, id, changes) = (Arc::clone(&store.posts), post.id(), changes.clone());
            spawn(async move {
                posts.update(id, Scope::Everything, &changes, &Precondition::NONE, at(1)).await
            })
        })
    });
    for update in try_join_all(updates).await.unwrap() {
        update.unwrap();
    }

    for mut expected in posts {
        for changes in &changes {
            expected.apply(changes, at(1)).unwrap();
        }
        assert_eq!(
            store.posts.find(expected.id(), Scope::Everything).await.unwrap(),
            Some(expected)
        );
    }
}
