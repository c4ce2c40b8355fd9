//! Going through a selection, some posts at a time.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Post, PostOrder, PostQuery, Precondition, Scope};

use super::list::as_the_domain_orders;
use crate::{
    case::{Case, cases},
    overlap::read_while_writing,
    sample::{at, every_post, id, in_order, matching, post_but, published, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_walk_meets_every_post_once_in_every_order_and_of_every_kind,
    a_walk_meets_what_stays_once_while_others_write,
];

/// Posts of which many share a time or a title, a third of them drafts.
fn posts(numbers: impl Iterator<Item = u128>) -> Vec<Post> {
    numbers
        .map(|n| {
            let number = i64::try_from(n).unwrap();
            post_but(n, |record| {
                record.created_at = at(number % 5);
                record.updated_at = at(10 + number % 7);
                record.title = title(&format!("Title {}", n % 11));
                record.published = n % 3 != 0;
            })
        })
        .collect()
}

async fn a_walk_meets_every_post_once_in_every_order_and_of_every_kind(store: Store) {
    let posts = posts(0..100);
    store.posts.insert_all(&posts).await.unwrap();

    for order in PostOrder::ALL {
        for wanted in [None, Some(true), Some(false)] {
            for words in ["", "content", "title 4"] {
                let mut selection = PostQuery { order, ..matching(words) };
                selection.filter.published = wanted;
                let expected: Vec<_> = as_the_domain_orders(&posts, order)
                    .into_iter()
                    .filter(|post| wanted.is_none_or(|wanted| post.record().published == wanted))
                    .filter(|post| {
                        let words = domain::search::tokens_of(post.record());
                        selection.filter.search.matches(&words)
                    })
                    .collect();

                let met = store.stream(&selection, 7).await;

                assert!(!expected.is_empty());
                assert_eq!(met, expected, "{selection:?}");
            }
        }
    }
}

async fn a_walk_meets_what_stays_once_while_others_write(store: Store) {
    let staying = posts((0..60).map(|n| n * 2));
    store.posts.insert_all(&staying).await.unwrap();
    let others = posts((0..60).map(|n| n * 2 + 1));
    let repository = Arc::clone(&store.posts);
    let write = move |n: u64| {
        let (repository, others) = (Arc::clone(&repository), others.clone());
        async move {
            for other in &others {
                repository.insert(other).await.unwrap();
            }
            let (first, last) = others.split_at(usize::try_from(n).unwrap() % others.len());
            for other in last.iter().chain(first) {
                repository
                    .delete(other.id(), Scope::Everything, &Precondition::NONE)
                    .await
                    .unwrap();
            }
        }
    };
    let read = async || {
        for order in PostOrder::ALL {
            let met = store.stream(&in_order(order), 7).await;
            meets_once(&staying, &met);
        }
        let selection = PostQuery { filter: published(Some(true)), ..every_post() };
        let met = store.stream(&selection, 7).await;
        let public: Vec<_> =
            staying.iter().filter(|post| post.record().published).cloned().collect();
        meets_once(&public, &met);
    };
    read_while_writing(write, read).await;
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), None);
}

fn meets_once(staying: &[Post], met: &[Post]) {
    let mut times = BTreeMap::new();
    for post in met {
        *times.entry(post.id()).or_insert(0) += 1;
    }
    for post in staying {
        assert_eq!(times.get(&post.id()), Some(&1), "{}", post.id());
    }
}
