//! Deleting a post.

use domain::{Precondition, Scope, ports::RepositoryError};

use crate::{
    case::{Case, cases},
    sample::{id, post},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    deleting_removes_only_the_given_post,
    deleting_a_missing_post_is_not_found,
    a_deleted_id_can_be_used_again,
];

async fn deleting_removes_only_the_given_post(store: Store) {
    for n in 1..=3 {
        store.posts.insert(&post(n)).await.unwrap();
    }

    store.posts.delete(id(2), Scope::Everything, &Precondition::NONE).await.unwrap();

    assert_eq!(store.posts.find(id(2), Scope::Everything).await.unwrap(), None);
    let listed = store.all().await.unwrap();
    assert_eq!(listed, [post(3), post(1)]);
}

async fn deleting_a_missing_post_is_not_found(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();
    store.posts.delete(id(1), Scope::Everything, &Precondition::NONE).await.unwrap();

    for n in [1, 2] {
        let result = store.posts.delete(id(n), Scope::Everything, &Precondition::NONE).await;
        assert!(matches!(result, Err(RepositoryError::NotFound)), "{result:?}");
    }
}

async fn a_deleted_id_can_be_used_again(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();
    store.posts.delete(id(1), Scope::Everything, &Precondition::NONE).await.unwrap();

    store.posts.insert(&post(1)).await.unwrap();

    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(post(1)));
}
