//! Reading all posts of a query in cursor pages.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Post, PostOrder, PostQuery, Precondition, Scope, search::tokens_of};

use super::list::sorted_by_domain;
use crate::{
    case::{Case, cases},
    overlap::read_while_writing,
    sample::{at, every_post, id, in_order, matching, post_with, published, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_stream_yields_every_matching_post_once_in_every_order,
    a_stream_yields_unchanged_posts_once_during_concurrent_writes,
];

/// Returns the posts with these numbers. Many share a time or a title. A third of them are drafts.
fn posts(numbers: impl Iterator<Item = u128>) -> Vec<Post> {
    numbers
        .map(|n| {
            let number = i64::try_from(n).unwrap();
            post_with(n, |record| {
                record.created_at = at(number % 5);
                record.updated_at = at(10 + number % 7);
                record.title = title(&format!("Title {}", n % 11));
                record.published = n % 3 != 0;
            })
        })
        .collect()
}

async fn a_stream_yields_every_matching_post_once_in_every_order(store: Store) {
    let posts = posts(0..100);
    store.posts.insert_all(&posts).await.unwrap();

    for order in PostOrder::ALL {
        for published_filter in [None, Some(true), Some(false)] {
            for text in ["", "content", "title 4"] {
                let mut query = PostQuery { order, ..matching(text) };
                query.filter.published = published_filter;
                let expected: Vec<_> = sorted_by_domain(&posts, order)
                    .into_iter()
                    .filter(|post| {
                        published_filter.is_none_or(|wanted| post.record().published == wanted)
                    })
                    .filter(|post| {
                        let tokens = tokens_of(post.record());
                        query.filter.search.matches(&tokens)
                    })
                    .collect();

                let yielded = store.stream(&query, 7).await;

                assert!(!expected.is_empty());
                assert_eq!(yielded, expected, "{query:?}");
            }
        }
    }
}

async fn a_stream_yields_unchanged_posts_once_during_concurrent_writes(store: Store) {
    let unchanged = posts((0..60).map(|n| n * 2));
    store.posts.insert_all(&unchanged).await.unwrap();
    let temporary = posts((0..60).map(|n| n * 2 + 1));
    let repository = Arc::clone(&store.posts);
    let write = move |n: u64| {
        let (repository, temporary) = (Arc::clone(&repository), temporary.clone());
        async move {
            for post in &temporary {
                repository.insert(post).await.unwrap();
            }
            let (first, last) = temporary.split_at(usize::try_from(n).unwrap() % temporary.len());
            for post in last.iter().chain(first) {
                repository.delete(post.id(), Scope::Everything, &Precondition::NONE).await.unwrap();
            }
        }
    };
    let only_published = PostQuery { filter: published(Some(true)), ..every_post() };
    let queries: Vec<_> =
        PostOrder::ALL.map(in_order).into_iter().chain([only_published]).collect();
    let mut queries = queries.iter().cycle();
    // Each read runs one query. All queries in one read would take too long on a slow store.
    let read = async || {
        let query = queries.next().unwrap();
        let yielded = store.stream(query, 7).await;
        let expected: Vec<_> = unchanged
            .iter()
            .filter(|post| query.includes(post.record(), &tokens_of(post.record())))
            .cloned()
            .collect();
        assert_yields_once(&expected, &yielded);
    };
    read_while_writing(write, read).await;
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), None);
}

/// Asserts that a stream yielded each of the unchanged posts exactly once.
fn assert_yields_once(unchanged: &[Post], yielded: &[Post]) {
    let mut times = BTreeMap::new();
    for post in yielded {
        *times.entry(post.id()).or_insert(0) += 1;
    }
    for post in unchanged {
        assert_eq!(times.get(&post.id()), Some(&1), "{}", post.id());
    }
}
