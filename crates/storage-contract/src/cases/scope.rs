//! The scope of a caller: which posts it may read and change.

use std::sync::Arc;

use domain::{PostChanges, PostQuery, Precondition, Scope, Version, ports::RepositoryError};

use crate::{
    case::{Case, cases},
    overlap::read_while_writing,
    sample::{at, id, matching, post_created, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_post_out_of_scope_is_not_found,
    a_post_out_of_scope_is_not_listed_and_not_counted,
    a_post_out_of_scope_cannot_be_changed,
    a_post_out_of_scope_cannot_be_deleted,
    an_unpublished_post_leaves_the_published_scope,
    a_list_of_published_posts_never_contains_a_draft_during_concurrent_updates,
];

const SCOPE: Scope = Scope::PublishedOnly;

/// Inserts ten posts: published posts with odd numbers, drafts with even numbers.
async fn insert_ten_posts(store: &Store) {
    let posts: Vec<_> = (1..=10).map(|n| post_created(n, at(0), n % 2 == 1)).collect();
    store.posts.insert_all(&posts).await.unwrap();
}

async fn a_post_out_of_scope_is_not_found(store: Store) {
    insert_ten_posts(&store).await;

    for n in 1..=10 {
        let found = store.posts.find(id(n), SCOPE).await.unwrap();
        assert_eq!(found.is_some(), n % 2 == 1, "{n}");
    }
}

async fn a_post_out_of_scope_is_not_listed_and_not_counted(store: Store) {
    insert_ten_posts(&store).await;

    for (filter, text, expected) in [
        (None, "", vec![9, 7, 5, 3, 1]),
        (Some(true), "", vec![9, 7, 5, 3, 1]),
        (Some(false), "", vec![]),
        (None, "content", vec![9, 7, 5, 3, 1]),
        (Some(true), "content", vec![9, 7, 5, 3, 1]),
        (Some(false), "content", vec![]),
        (None, "title 3", vec![3]),
        (None, "title 4", vec![]),
    ] {
        let mut query = PostQuery { scope: SCOPE, ..matching(text) };
        query.filter.published = filter;
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        let ids = |posts: Vec<domain::Post>| posts.iter().map(domain::Post::id).collect::<Vec<_>>();

        assert_eq!(ids(store.list(&query, None, 10).await), expected, "{query:?}");
        assert_eq!(ids(store.stream(&query, 2).await), expected, "{query:?}");
        let listed = store.list_with_total(&query, 0, 10).await;
        assert_eq!(listed.total, u64::try_from(expected.len()).unwrap(), "{query:?}");
        assert_eq!(ids(listed.posts), expected, "{query:?}");
    }
}

async fn a_post_out_of_scope_cannot_be_changed(store: Store) {
    insert_ten_posts(&store).await;
    let changes = PostChanges { title: Some(title("Changed")), ..PostChanges::default() };
    // A failed precondition must not reveal that the post exists.
    for precondition in [Precondition::NONE, Precondition::version(Version::new(7).unwrap())] {
        let result = store.posts.update(id(2), SCOPE, &changes, &precondition, at(1)).await;

        assert!(matches!(result, Err(RepositoryError::NotFound)), "{result:?}");
    }
    let unchanged = store.posts.find(id(2), Scope::Everything).await.unwrap();
    assert_eq!(unchanged, Some(post_created(2, at(0), false)));

    let changed = store.posts.update(id(1), SCOPE, &changes, &Precondition::NONE, at(1)).await;
    assert_eq!(changed.unwrap().record().title, title("Changed"));
}

async fn a_post_out_of_scope_cannot_be_deleted(store: Store) {
    insert_ten_posts(&store).await;
    for precondition in [Precondition::NONE, Precondition::version(Version::new(7).unwrap())] {
        let result = store.posts.delete(id(2), SCOPE, &precondition).await;

        assert!(matches!(result, Err(RepositoryError::NotFound)), "{result:?}");
    }
    assert!(store.posts.find(id(2), Scope::Everything).await.unwrap().is_some());

    store.posts.delete(id(1), SCOPE, &Precondition::NONE).await.unwrap();
    assert_eq!(store.posts.count().await.unwrap(), 9);
}

async fn an_unpublished_post_leaves_the_published_scope(store: Store) {
    insert_ten_posts(&store).await;
    let unpublish = PostChanges { published: Some(false), ..PostChanges::default() };

    let unpublished =
        store.posts.update(id(1), SCOPE, &unpublish, &Precondition::NONE, at(1)).await;

    assert!(!unpublished.unwrap().record().published);
    assert_eq!(store.posts.find(id(1), SCOPE).await.unwrap(), None);
}

async fn a_list_of_published_posts_never_contains_a_draft_during_concurrent_updates(store: Store) {
    insert_ten_posts(&store).await;
    let posts = Arc::clone(&store.posts);
    let write = move |n| {
        let posts = Arc::clone(&posts);
        async move {
            let changes = PostChanges { published: Some(n % 2 == 0), ..PostChanges::default() };
            let write =
                posts.update(id(5), Scope::Everything, &changes, &Precondition::NONE, at(1));
            write.await.unwrap();
        }
    };
    let queries = ["", "content"].map(|text| PostQuery { scope: SCOPE, ..matching(text) });
    let read = async || {
        for query in &queries {
            let listed = store.list(query, None, 10).await;
            assert!(listed.iter().all(|post| post.record().published), "{listed:?}");
        }
    };

    read_while_writing(write, read).await;
}
