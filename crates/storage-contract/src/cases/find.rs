//! Finding a post by id.

use domain::Scope;

use crate::{
    case::{Case, cases},
    sample::{id, post},
    store::Store,
};

pub(crate) const CASES: &[Case] =
    cases![finding_a_missing_post_returns_none, find_returns_the_post_with_the_given_id];

async fn finding_a_missing_post_returns_none(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();

    assert_eq!(store.posts.find(id(2), Scope::Everything).await.unwrap(), None);
}

async fn find_returns_the_post_with_the_given_id(store: Store) {
    for n in 1..=3 {
        store.posts.insert(&post(n)).await.unwrap();
    }

    assert_eq!(store.posts.find(id(2), Scope::Everything).await.unwrap(), Some(post(2)));
}
