//! Handing over all posts, and taking them over.

use domain::{Post, Scope, ports::RepositoryError};

use crate::{
    case::{Case, cases},
    sample::{at, id, post, post_made},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    an_empty_store_hands_over_nothing,
    pages_come_by_ascending_id_and_leave_nothing_out,
    a_page_starts_behind_an_id_that_need_not_exist,
    what_is_taken_over_reads_back_equal,
    of_many_at_once_all_are_kept_or_none,
    taking_over_nothing_changes_nothing,
];

async fn an_empty_store_hands_over_nothing(store: Store) {
    assert_eq!(store.posts.page(None, 10).await.unwrap(), []);
    assert_eq!(store.posts.count().await.unwrap(), 0);
    assert_eq!(store.posts.greatest_id().await.unwrap(), None);
}

async fn pages_come_by_ascending_id_and_leave_nothing_out(store: Store) {
    let numbers = [1, 2, 0x0100, 0x7f << 120, 0x80 << 120, u128::MAX];
    // Made in another order than that of their ids.
    let posts: Vec<Post> =
        (0..).zip(numbers).map(|(n, number)| post_made(number, at(-n), true)).collect();
    store.posts.insert_all(&posts).await.unwrap();

    let (mut handed_over, mut after) = (Vec::new(), None);
    loop {
        let page = store.posts.page(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.id());
        handed_over.extend(page);
    }

    assert_eq!(handed_over, posts);
    assert_eq!(store.posts.count().await.unwrap(), 6);
    assert_eq!(store.posts.greatest_id().await.unwrap(), Some(id(u128::MAX)));
}

async fn a_page_starts_behind_an_id_that_need_not_exist(store: Store) {
    store.posts.insert_all(&[post(1), post(3)]).await.unwrap();

    assert_eq!(store.posts.page(Some(id(2)), 10).await.unwrap(), [post(3)]);
    assert_eq!(store.posts.page(Some(id(3)), 10).await.unwrap(), []);
}

async fn what_is_taken_over_reads_back_equal(store: Store) {
    let posts = [post_made(2, at(0), false), post_made(1, at(5), true)];

    store.posts.insert_all(&posts).await.unwrap();

    for post in posts {
        assert_eq!(store.posts.find(post.id(), Scope::Everything).await.unwrap(), Some(post));
    }
}

async fn of_many_at_once_all_are_kept_or_none(store: Store) {
    store.posts.insert(&post(2)).await.unwrap();

    for posts in [[post(1), post(2), post(3)], [post(4), post(5), post(4)]] {
        let result = store.posts.insert_all(&posts).await;

        assert!(matches!(result, Err(RepositoryError::Conflict)), "{result:?}");
        assert_eq!(store.posts.page(None, 10).await.unwrap(), [post(2)]);
    }
}

async fn taking_over_nothing_changes_nothing(store: Store) {
    store.posts.insert_all(&[]).await.unwrap();

    assert_eq!(store.posts.count().await.unwrap(), 0);
}
