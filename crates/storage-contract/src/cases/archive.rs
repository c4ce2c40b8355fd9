//! Reading all posts in pages, and inserting posts in bulk.

use domain::{Post, Scope, ports::RepositoryError};

use crate::{
    case::{Case, cases},
    sample::{at, id, post, post_created},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    an_empty_store_has_no_posts_to_archive,
    pages_contain_every_post_by_ascending_id,
    a_page_can_start_after_an_id_that_does_not_exist,
    posts_inserted_in_bulk_read_back_equal,
    a_bulk_insert_with_a_conflict_inserts_nothing,
    an_empty_bulk_insert_changes_nothing,
];

async fn an_empty_store_has_no_posts_to_archive(store: Store) {
    assert_eq!(store.posts.page(None, 10).await.unwrap(), []);
    assert_eq!(store.posts.count().await.unwrap(), 0);
    assert_eq!(store.posts.greatest_id().await.unwrap(), None);
}

async fn pages_contain_every_post_by_ascending_id(store: Store) {
    let numbers = [1, 2, 0x0100, 0x7f << 120, 0x80 << 120, u128::MAX];
    // The creation times and the ids have opposite orders.
    let posts: Vec<Post> =
        (0..).zip(numbers).map(|(n, number)| post_created(number, at(-n), true)).collect();
    store.posts.insert_all(&posts).await.unwrap();

    let (mut archived, mut after) = (Vec::new(), None);
    loop {
        let page = store.posts.page(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.id());
        archived.extend(page);
    }

    assert_eq!(archived, posts);
    assert_eq!(store.posts.count().await.unwrap(), 6);
    assert_eq!(store.posts.greatest_id().await.unwrap(), Some(id(u128::MAX)));
}

async fn a_page_can_start_after_an_id_that_does_not_exist(store: Store) {
    store.posts.insert_all(&[post(1), post(3)]).await.unwrap();

    assert_eq!(store.posts.page(Some(id(2)), 10).await.unwrap(), [post(3)]);
    assert_eq!(store.posts.page(Some(id(3)), 10).await.unwrap(), []);
}

async fn posts_inserted_in_bulk_read_back_equal(store: Store) {
    let posts = [post_created(2, at(0), false), post_created(1, at(5), true)];

    store.posts.insert_all(&posts).await.unwrap();

    for post in posts {
        assert_eq!(store.posts.find(post.id(), Scope::Everything).await.unwrap(), Some(post));
    }
}

async fn a_bulk_insert_with_a_conflict_inserts_nothing(store: Store) {
    store.posts.insert(&post(2)).await.unwrap();

    for posts in [[post(1), post(2), post(3)], [post(4), post(5), post(4)]] {
        let result = store.posts.insert_all(&posts).await;

        assert!(matches!(result, Err(RepositoryError::Conflict)), "{result:?}");
        assert_eq!(store.posts.page(None, 10).await.unwrap(), [post(2)]);
    }
}

async fn an_empty_bulk_insert_changes_nothing(store: Store) {
    store.posts.insert_all(&[]).await.unwrap();

    assert_eq!(store.posts.count().await.unwrap(), 0);
}
