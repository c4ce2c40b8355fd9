//! Listing posts.

use domain::{Post, PostChanges, ports::PostFilter};

use crate::{
    Case, Store,
    sample::{at, id, post, post_made},
};

pub(crate) const CASES: &[Case] = cases![
    an_empty_store_lists_nothing,
    the_newest_comes_first,
    of_the_same_moment_the_greatest_id_comes_first,
    the_filter_tells_drafts_from_published_posts,
    a_change_does_not_move_a_post,
    a_long_list_is_complete,
];

const ALL: PostFilter = PostFilter { published: None };

async fn insert(store: &Store, posts: &[Post]) {
    for post in posts {
        store.posts.insert(post).await.unwrap();
    }
}

async fn an_empty_store_lists_nothing(store: Store) {
    assert_eq!(store.posts.list(ALL).await.unwrap(), []);
}

async fn the_newest_comes_first(store: Store) {
    let [old, newer, newest] =
        [post_made(3, at(-1), true), post_made(1, at(0), false), post_made(2, at(1), true)];
    insert(&store, &[newer.clone(), newest.clone(), old.clone()]).await;

    assert_eq!(store.posts.list(ALL).await.unwrap(), [newest, newer, old]);
}

async fn of_the_same_moment_the_greatest_id_comes_first(store: Store) {
    // Ids whose bytes are ordered otherwise than as signed numbers or when read backwards.
    let numbers = [1, 0x0100, 0x7f << 120, 0x80 << 120, u128::MAX];
    let ascending = numbers.map(post);
    let [a, b, c, d, e] = ascending.clone();
    insert(&store, &[c, a, e, b, d]).await;

    let listed = store.posts.list(ALL).await.unwrap();

    let descending: Vec<_> = ascending.into_iter().rev().collect();
    assert_eq!(listed, descending);
}

async fn the_filter_tells_drafts_from_published_posts(store: Store) {
    let [published, draft] = [post_made(1, at(0), true), post_made(2, at(1), false)];
    insert(&store, &[published.clone(), draft.clone()]).await;

    for (filter, expected) in [
        (None, vec![draft.clone(), published.clone()]),
        (Some(true), vec![published]),
        (Some(false), vec![draft]),
    ] {
        let filter = PostFilter { published: filter };
        assert_eq!(store.posts.list(filter).await.unwrap(), expected, "{filter:?}");
    }
}

async fn a_change_does_not_move_a_post(store: Store) {
    insert(&store, &[post_made(1, at(0), true), post_made(2, at(1), true)]).await;

    store.posts.update(id(1), &PostChanges::default(), at(9)).await.unwrap();

    let listed = store.posts.list(ALL).await.unwrap();
    assert_eq!(listed.iter().map(Post::id).collect::<Vec<_>>(), [id(2), id(1)]);
}

async fn a_long_list_is_complete(store: Store) {
    let posts: Vec<_> = (1..=500).map(post).collect();
    insert(&store, &posts).await;

    let listed = store.posts.list(ALL).await.unwrap();

    assert_eq!(listed, posts.into_iter().rev().collect::<Vec<_>>());
}
