//! Lists of posts with long texts are cut: they have only the first posts of their window.

use domain::{Content, Keyset, Post, PostOrder, SortKey, Start, Window, ports::Listed};

use crate::{
    case::{Case, cases},
    sample::{in_order, matching, post_with},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_list_ends_before_its_texts_are_too_long,
    a_single_post_of_any_length_is_listed,
    a_list_of_exactly_the_maximum_is_not_cut,
    a_cut_list_continues_after_its_last_post,
    an_offset_page_is_cut_but_its_total_is_not,
    matches_of_a_search_are_cut,
];

/// Returns a post whose title and content have `bytes` bytes together.
fn post_of(n: u128, bytes: usize) -> Post {
    let title_bytes = post_with(n, |_| {}).record().title.as_str().len();
    // Begins with the word "text", so that a search finds the post. Then come characters of three
    // bytes that are not part of a word, because a store tokenizes them fast.
    let rest = bytes - title_bytes - "text ".len();
    let content = format!("text {}{}", "€".repeat(rest / 3), ".".repeat(rest % 3));
    let post = post_with(n, |record| record.content = Content::new(content.clone()).unwrap());
    assert_eq!(post.text_bytes(), bytes);
    post
}

async fn insert(store: &Store, sizes: &[usize]) -> Vec<Post> {
    let posts: Vec<_> = (1..).zip(sizes).map(|(n, bytes)| post_of(n, *bytes)).collect();
    for post in &posts {
        store.posts.insert_all(std::slice::from_ref(post)).await.unwrap();
    }
    posts
}

const MAX: usize = Listed::MAX_TEXT_BYTES;

/// Returns the ascending order by title. It is also the order by id of the posts in these cases.
fn by_title() -> PostOrder {
    PostOrder { key: SortKey::Title, direction: domain::Direction::Ascending }
}

async fn list(store: &Store, start: Start, limit: u32) -> Listed {
    let query = in_order(by_title()).with_window(Window { start, limit });
    store.posts.list(&query).await.unwrap()
}

async fn a_list_ends_before_its_texts_are_too_long(store: Store) {
    let posts = insert(&store, &[MAX / 3, MAX / 3, MAX / 3, MAX / 3, 100]).await;

    for limit in [4, 5, 100] {
        let listed = list(&store, Start::First, limit).await;

        assert_eq!(listed, Listed { posts: posts[..3].to_vec(), is_cut: true }, "{limit}");
    }
    let listed = list(&store, Start::First, 3).await;
    assert_eq!(listed, Listed { posts: posts[..3].to_vec(), is_cut: false });
}

async fn a_single_post_of_any_length_is_listed(store: Store) {
    let posts = insert(&store, &[MAX + 1_000, 100]).await;

    for limit in [1, 2, 100] {
        let listed = list(&store, Start::First, limit).await;

        assert_eq!(listed, Listed { posts: posts[..1].to_vec(), is_cut: limit > 1 }, "{limit}");
    }
}

async fn a_list_of_exactly_the_maximum_is_not_cut(store: Store) {
    let posts = insert(&store, &[MAX / 2, MAX - MAX / 2]).await;

    for limit in [2, 100] {
        let listed = list(&store, Start::First, limit).await;

        assert_eq!(listed, Listed { posts: posts.clone(), is_cut: false }, "{limit}");
    }
}

async fn a_cut_list_continues_after_its_last_post(store: Store) {
    let posts = insert(&store, &[MAX / 2, MAX / 2, MAX / 2, 100, 100, MAX]).await;

    let (mut listed, mut start, mut lists) = (Vec::new(), Start::First, 0);
    loop {
        let next = list(&store, start, 100).await;
        start = Start::After(Keyset::of(next.posts.last().unwrap(), SortKey::Title));
        listed.extend(next.posts);
        lists += 1;
        if !next.is_cut {
            break;
        }
    }

    assert_eq!(listed, posts);
    assert_eq!(lists, 3);
}

async fn an_offset_page_is_cut_but_its_total_is_not(store: Store) {
    let posts = insert(&store, &[100, MAX / 2, MAX / 2, MAX / 2]).await;

    for limit in [3, 100] {
        let window = Window { start: Start::Offset(1), limit };
        let page =
            store.posts.list_with_total(&in_order(by_title()).with_window(window)).await.unwrap();

        assert_eq!(page.listed, Listed { posts: posts[1..3].to_vec(), is_cut: true }, "{limit}");
        assert_eq!(page.total, 4);
    }
}

async fn matches_of_a_search_are_cut(store: Store) {
    let posts = insert(&store, &[MAX / 2, MAX / 2, MAX / 2]).await;

    for limit in [3, 100] {
        let mut query = matching("text");
        query.order = by_title();
        let query = query.with_window(Window { start: Start::First, limit });
        let listed = store.posts.list(&query).await.unwrap();

        assert_eq!(listed, Listed { posts: posts[..2].to_vec(), is_cut: true }, "{limit}");
    }
}
