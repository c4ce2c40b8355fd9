//! Looking a post up.

use domain::Scope;

use crate::{
    case::{Case, cases},
    sample::{id, post},
    store::Store,
};

pub(crate) const CASES: &[Case] =
    cases![a_missing_post_is_none, of_many_posts_the_one_of_that_id_is_found];

async fn a_missing_post_is_none(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();

    assert_eq!(store.posts.find(id(2), Scope::Everything).await.unwrap(), None);
}

async fn of_many_posts_the_one_of_that_id_is_found(store: Store) {
    for n in 1..=3 {
        store.posts.insert(&post(n)).await.unwrap();
    }

    assert_eq!(store.posts.find(id(2), Scope::Everything).await.unwrap(), Some(post(2)));
}
