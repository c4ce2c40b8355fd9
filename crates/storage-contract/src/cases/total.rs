//! Offset pages, and the total number of posts of a query.

use std::sync::Arc;

use domain::{PostChanges, PostOrder, PostQuery, Precondition, Scope, Search};
use tokio::spawn;

use super::list::sorted_by_domain;
use crate::{
    case::{Case, cases},
    overlap::read_while_writing,
    sample::{at, every_post, id, in_order, matching, post, post_created, published},
    store::{OffsetPage, Store},
};

pub(crate) const CASES: &[Case] = cases![
    an_empty_store_has_a_total_of_zero,
    an_offset_page_has_the_posts_after_the_offset_in_every_order,
    a_page_past_the_end_has_no_posts_and_the_correct_total,
    the_total_counts_the_posts_that_match_the_filter,
    every_write_updates_the_totals,
    a_failed_write_changes_no_total,
    posts_and_total_come_from_the_same_snapshot,
    concurrent_writes_keep_the_totals_correct,
];

/// Returns the number of all posts, of published posts and of drafts.
async fn totals(store: &Store) -> [u64; 3] {
    let mut totals = [0; 3];
    for (total, wanted) in totals.iter_mut().zip([None, Some(true), Some(false)]) {
        let query = PostQuery { filter: published(wanted), ..every_post() };
        *total = store.list_with_total(&query, 0, 0).await.total;
    }
    assert_eq!(store.posts.count().await.unwrap(), totals[0]);
    totals
}

async fn an_empty_store_has_a_total_of_zero(store: Store) {
    for (offset, limit) in [(0, 10), (0, 0), (5, 10)] {
        let page = store.list_with_total(&every_post(), offset, limit).await;
        assert_eq!(page, OffsetPage { posts: vec![], total: 0 });
    }
    assert_eq!(totals(&store).await, [0, 0, 0]);
}

async fn an_offset_page_has_the_posts_after_the_offset_in_every_order(store: Store) {
    let posts: Vec<_> =
        (0..23_u128).map(|n| post_created(n, at((n % 3).try_into().unwrap()), true)).collect();
    store.posts.insert_all(&posts).await.unwrap();

    for order in PostOrder::ALL {
        let expected = sorted_by_domain(&posts, order);
        for (offset, range) in [(0, 0..10), (10, 10..20), (20, 20..23), (22, 22..23)] {
            let page = store.list_with_total(&in_order(order), offset, 10).await;

            assert_eq!(page.posts, expected[range], "{order:?} {offset}");
            assert_eq!(page.total, 23);
        }
    }
}

async fn a_page_past_the_end_has_no_posts_and_the_correct_total(store: Store) {
    store.insert(&[post(1), post(2)]).await;

    // The last of these offsets is the greatest one that a numbered page can have.
    for offset in [2, 3, 1_000_000, 214_748_364_600] {
        let page = store.list_with_total(&every_post(), offset, 100).await;
        assert_eq!(page, OffsetPage { posts: vec![], total: 2 }, "{offset}");
    }
}

async fn the_total_counts_the_posts_that_match_the_filter(store: Store) {
    let posts: Vec<_> = (0..10).map(|n| post_created(n, at(0), n < 3)).collect();
    store.posts.insert_all(&posts).await.unwrap();

    assert_eq!(totals(&store).await, [10, 3, 7]);
    for (text, wanted, expected) in [
        ("content", None, 10),
        ("content", Some(true), 3),
        ("content", Some(false), 7),
        ("4 title", None, 1),
        ("4 title", Some(true), 0),
        ("nothing", None, 0),
    ] {
        let mut query = matching(text);
        query.filter.published = wanted;
        let page = store.list_with_total(&query, 0, 2).await;
        assert_eq!(page.total, expected, "{text} {wanted:?}");
        assert_eq!(page.posts.len(), usize::try_from(expected.min(2)).unwrap());
    }
}

async fn every_write_updates_the_totals(store: Store) {
    let publish = |published| PostChanges { published, ..PostChanges::default() };
    let update = async |n, published| {
        let changes = publish(published);
        store
            .posts
            .update(id(n), Scope::Everything, &changes, &Precondition::NONE, at(1))
            .await
            .unwrap();
    };

    store.insert(&[post_created(1, at(0), true), post_created(2, at(0), false)]).await;
    assert_eq!(totals(&store).await, [2, 1, 1]);
    let more: Vec<_> = (3..=300).map(|n| post_created(n, at(0), n <= 250)).collect();
    store.posts.insert_all(&more).await.unwrap();
    assert_eq!(totals(&store).await, [300, 249, 51]);
    update(1, Some(false)).await;
    assert_eq!(totals(&store).await, [300, 248, 52]);
    update(1, Some(false)).await;
    update(1, None).await;
    assert_eq!(totals(&store).await, [300, 248, 52]);
    update(2, Some(true)).await;
    assert_eq!(totals(&store).await, [300, 249, 51]);
    store.posts.delete(id(1), Scope::Everything, &Precondition::NONE).await.unwrap();
    store.posts.delete(id(2), Scope::Everything, &Precondition::NONE).await.unwrap();
    assert_eq!(totals(&store).await, [298, 248, 50]);
}

async fn a_failed_write_changes_no_total(store: Store) {
    store.insert(&[post(1)]).await;

    store.posts.insert(&post_created(1, at(0), false)).await.unwrap_err();
    store.posts.insert_all(&[post(2), post(1)]).await.unwrap_err();
    store.posts.delete(id(3), Scope::Everything, &Precondition::NONE).await.unwrap_err();

    assert_eq!(totals(&store).await, [1, 1, 0]);
}

async fn posts_and_total_come_from_the_same_snapshot(store: Store) {
    const MOST_POSTS: u128 = 20;
    let posts = Arc::clone(&store.posts);
    let write = move |n: u64| {
        let (posts, n) = (Arc::clone(&posts), u128::from(n));
        async move {
            posts.insert_all(&[post(2 * n), post(2 * n + 1)]).await.unwrap();
            let delete = async |number| {
                posts.delete(id(number), Scope::Everything, &Precondition::NONE).await.unwrap();
            };
            delete(2 * n).await;
            // The number of posts is bounded, so that a slow reader does not become slower.
            if let Some(oldest) = n.checked_sub(MOST_POSTS) {
                delete(2 * oldest + 1).await;
            }
        }
    };
    let searches = ["", "content"].map(|text| Search::parse(text).unwrap());
    let read = async || {
        for search in &searches {
            let mut query = every_post();
            query.filter.search = search.clone();
            let OffsetPage { posts, total } = store.list_with_total(&query, 0, u32::MAX).await;
            assert_eq!(u64::try_from(posts.len()).unwrap(), total);
        }
    };
    read_while_writing(write, read).await;
}

async fn concurrent_writes_keep_the_totals_correct(store: Store) {
    const WRITERS: u128 = 32;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let posts = Arc::clone(&store.posts);
            spawn(async move {
                let number = |n: u128| writer * 10 + n;
                let batch: Vec<_> = (0..6).map(|n| post_created(number(n), at(0), true)).collect();
                posts.insert_all(&batch).await.unwrap();
                let unpublish = PostChanges { published: Some(false), ..PostChanges::default() };
                for n in 0..2 {
                    let id = id(number(n));
                    posts
                        .update(id, Scope::Everything, &unpublish, &Precondition::NONE, at(1))
                        .await
                        .unwrap();
                }
                posts.delete(id(number(1)), Scope::Everything, &Precondition::NONE).await.unwrap();
                posts.delete(id(number(2)), Scope::Everything, &Precondition::NONE).await.unwrap();
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }

    assert_eq!(totals(&store).await, [4, 3, 1].map(|each| each * 32));
}
