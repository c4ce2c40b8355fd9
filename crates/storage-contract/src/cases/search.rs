//! Full-text search.

use domain::{
    Direction, Keyset, Post, PostChanges, PostOrder, PostQuery, Precondition, Scope, Search,
    SortKey, search,
};

use crate::{
    case::{Case, cases},
    sample::{at, content, id, matching, post_created, post_with, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_search_matches_terms_in_title_and_content,
    every_text_matches_the_same_posts_as_in_the_domain,
    operators_of_other_search_engines_are_plain_text,
    a_search_with_many_terms_requires_every_one_of_them,
    a_very_long_term_matches_by_its_first_100_characters,
    a_post_with_very_many_tokens_is_stored_and_found,
    an_updated_post_is_found_only_by_its_new_tokens,
    a_deleted_post_is_not_found,
    posts_inserted_in_bulk_are_found,
    a_search_combines_with_filter_order_keyset_and_limit,
    a_search_combines_with_offset_and_total,
    a_search_can_match_thousands_of_posts,
    frequent_and_rare_terms_are_found_in_every_order,
];

/// Returns a post with this title and content.
fn post_with_text(n: u128, headline: &str, text: &str) -> Post {
    post_with(n, |record| {
        record.title = title(headline);
        record.content = content(text);
    })
}

/// Returns the numbers of the posts that match a text, the greatest first.
async fn search_numbers(store: &Store, text: &str) -> Vec<u128> {
    let query = matching(text);
    let posts = store.list(&query, None, 100).await;
    let page = store.list_with_total(&query, 0, 100).await;
    assert_eq!(page.posts, posts, "{text}");
    assert_eq!(page.total, u64::try_from(posts.len()).unwrap(), "{text}");
    posts.iter().map(|post| post.id().as_uuid().as_u128()).collect()
}

async fn a_search_matches_terms_in_title_and_content(store: Store) {
    store
        .insert(&[
            post_with_text(1, "Hexagons in Practice", "The domain knows nobody, not 42."),
            post_with_text(2, "Practice makes perfect", "Nobody knows 4 hexagons."),
        ])
        .await;

    for (text, expected) in [
        ("hexagons", vec![2, 1]),
        ("PRACTICE", vec![2, 1]),
        ("domain", vec![1]),
        ("perfect nobody", vec![2]),
        ("nobody, knows: hexagons?", vec![2, 1]),
        ("42", vec![1]),
        ("4", vec![2]),
        ("hexagon", vec![]),
        ("hexagonss", vec![]),
        ("perfect domain", vec![]),
        ("", vec![2, 1]),
        ("!?", vec![2, 1]),
    ] {
        assert_eq!(search_numbers(&store, text).await, expected, "{text}");
    }
}

const TEXTS: &[&str] = &[
    "plain words, separated-by.punctuation/and\\more",
    "under_score and don't and o'clock",
    "Straße STRASSE strasse Maße",
    "caf\u{e9} here, cafe\u{301} there, cafe nowhere",
    "Ελληνικά: ΟΔΟΣ οδος, Ὀδυσσεύς",
    "Привет, МИР! Ёлка елка",
    "हिन्दी में लिखा हुआ",
    "العربية مُحَمَّد 123 ١٢٣",
    "עברית שָׁלוֹם שלום",
    "日本語 テスト ﾃｽﾄ 한국어",
    "ﬁne ofﬁce ① ² １２ x² Ⅳ",
    "İstanbul ISTANBUL ısı ISI",
    "3.14 1,000 0x1F 2024-11-23 v1.2.3",
    "tab\tnew\nline\u{a0}nbsp\u{3000}wide\u{200b}zero",
    "🦀 crab 👩‍👩‍👧 family",
    "quick brown fox AND lazy dog OR NOT NEAR",
    "title content words posts number rowid rank published",
    "zwj\u{200d}joined soft\u{ad}hyphen",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
];

/// Searches for each text, and for each part of a text between spaces. The expected posts are those
/// that match according to the domain.
async fn every_text_matches_the_same_posts_as_in_the_domain(store: Store) {
    let posts: Vec<_> =
        (1..).zip(TEXTS).map(|(n, text)| post_with_text(n, "A headline", text)).collect();
    store.posts.insert_all(&posts).await.unwrap();
    let tokens: Vec<_> = posts.iter().map(|post| search::tokens_of(post.record())).collect();

    for text in TEXTS.iter().copied().chain(TEXTS.iter().flat_map(|text| text.split(' '))) {
        let search = Search::parse(text).unwrap();
        let expected: Vec<_> = (1..)
            .zip(&tokens)
            .filter(|(_, tokens)| search.matches(tokens))
            .map(|(n, _)| n)
            .collect();
        let mut found = search_numbers(&store, text).await;
        found.reverse();

        assert!(!expected.is_empty());
        assert_eq!(found, expected, "{text}");
    }
}

async fn operators_of_other_search_engines_are_plain_text(store: Store) {
    store
        .insert(&[
            post_with_text(1, "Near and not far", "Quick or slow, content of words: title."),
            post_with_text(2, "Other texts", "Something else is written here"),
        ])
        .await;

    for (text, expected) in [
        ("NEAR", vec![1]),
        ("quick AND slow", vec![1]),
        ("quick OR slow", vec![1]),
        ("quick OR here", vec![]),
        ("quick NOT slow", vec![1]),
        ("quick NOT here", vec![]),
        ("NEAR(quick slow)", vec![1]),
        ("NEAR(quick slow, 5)", vec![]),
        ("\"slow quick\"", vec![1]),
        ("slow \"quick", vec![1]),
        ("'quick'", vec![1]),
        ("'quick", vec![1]),
        ("qui*", vec![]),
        ("qui:*", vec![]),
        ("quick*", vec![1]),
        ("quick:*", vec![1]),
        ("quick:A", vec![]),
        ("title:quick", vec![1]),
        ("words : quick", vec![1]),
        ("{title} : quick", vec![1]),
        ("-quick", vec![1]),
        ("!quick", vec![1]),
        ("^quick", vec![1]),
        ("quick + slow", vec![1]),
        ("quick & slow", vec![1]),
        ("quick | here", vec![]),
        ("quick <-> slow", vec![1]),
        ("quick <2> slow", vec![]),
        ("(quick", vec![1]),
        ("quick)", vec![1]),
        ("quick\\", vec![1]),
        ("\\quick", vec![1]),
        ("\\'quick\\'", vec![1]),
        ("quick'; DROP TABLE posts; --", vec![]),
        ("%", vec![2, 1]),
        ("?", vec![2, 1]),
        ("$1", vec![]),
        ("quick\u{0}slow", vec![1]),
    ] {
        assert_eq!(search_numbers(&store, text).await, expected, "{text}");
    }
}

async fn a_search_with_many_terms_requires_every_one_of_them(store: Store) {
    let singles = ('a'..='z').chain('0'..='9').map(String::from);
    let pairs = ('a'..='z').map(|c| format!("{c}{c}"));
    let terms: Vec<String> = singles.chain(pairs).collect();
    let all = terms.join(" ");
    assert!(all.len() <= Search::MAX_CHARS);
    let without = |left_out: &str| {
        let others: Vec<_> = terms.iter().filter(|term| *term != left_out).cloned().collect();
        others.join(" ")
    };
    store
        .insert(&[
            post_with_text(1, "Other", &all),
            post_with_text(2, "Other", &without("zz")),
            post_with_text(3, "Other", &without("0")),
            post_with_text(4, "Other", &without("m")),
        ])
        .await;

    assert_eq!(search_numbers(&store, &all).await, [1]);
}

async fn a_very_long_term_matches_by_its_first_100_characters(store: Store) {
    for (n, letter) in (1..).zip(["x", "ж", "𐐨"]) {
        store.insert(&[post_with_text(n, "A title", &letter.repeat(5_000))]).await;

        assert_eq!(search_numbers(&store, &letter.repeat(200)).await, [n]);
        assert_eq!(search_numbers(&store, &letter.repeat(100)).await, [n]);
        assert_eq!(search_numbers(&store, &letter.repeat(99)).await, []);
    }
}

async fn a_post_with_very_many_tokens_is_stored_and_found(store: Store) {
    let text: String = (0..70_000).map(|n| format!("w{n:07} ")).collect();
    assert!(text.len() > 600_000);
    let post = post_with_text(1, "A title", &text);

    store.posts.insert(&post).await.unwrap();

    assert_eq!(search_numbers(&store, "title w0000000 w0050000").await, [1]);
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(post));
    let changes = PostChanges { title: Some(title("Another")), ..PostChanges::default() };
    store
        .posts
        .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(1))
        .await
        .unwrap();
    assert_eq!(search_numbers(&store, "another w0000000 w0050000").await, [1]);
    assert_eq!(search_numbers(&store, "title").await, []);
}

async fn an_updated_post_is_found_only_by_its_new_tokens(store: Store) {
    store.insert(&[post_with_text(1, "Old headline", "Old text of a post")]).await;
    let update = async |changes: PostChanges| {
        store
            .posts
            .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(1))
            .await
            .unwrap();
    };

    update(PostChanges { title: Some(title("New caption")), ..PostChanges::default() }).await;
    assert_eq!(search_numbers(&store, "caption").await, [1]);
    assert_eq!(search_numbers(&store, "old text").await, [1]);
    assert_eq!(search_numbers(&store, "headline").await, []);

    update(PostChanges { content: Some(content("Fresh words")), ..PostChanges::default() }).await;
    assert_eq!(search_numbers(&store, "caption fresh").await, [1]);
    assert_eq!(search_numbers(&store, "old").await, []);

    update(PostChanges { published: Some(false), ..PostChanges::default() }).await;
    assert_eq!(search_numbers(&store, "caption fresh").await, [1]);
}

async fn a_deleted_post_is_not_found(store: Store) {
    store
        .insert(&[
            post_with_text(1, "One title", "The same text"),
            post_with_text(2, "Two titles", "The same text"),
        ])
        .await;

    store.posts.delete(id(1), Scope::Everything, &Precondition::NONE).await.unwrap();
    assert_eq!(search_numbers(&store, "same").await, [2]);
    assert_eq!(search_numbers(&store, "one").await, []);

    store.insert(&[post_with_text(1, "Third title", "Other text")]).await;
    assert_eq!(search_numbers(&store, "third").await, [1]);
    assert_eq!(search_numbers(&store, "one").await, []);
}

async fn posts_inserted_in_bulk_are_found(store: Store) {
    let posts: Vec<_> =
        (1..=50).map(|n| post_with_text(n, &format!("Number {n}"), "Taken over")).collect();

    store.posts.insert_all(&posts).await.unwrap();

    assert_eq!(search_numbers(&store, "taken over").await.len(), 50);
    assert_eq!(search_numbers(&store, "taken 17").await, [17]);
}

/// Inserts 100 posts. Every third is about Rust, and every second is published.
async fn insert_posts_about_rust(store: &Store) -> Vec<Post> {
    let posts: Vec<_> = (0..100_u128)
        .map(|n| {
            let seconds = i64::try_from(n * 37 % 100).unwrap();
            let mut record = post_created(n, at(seconds), n % 2 == 0).into_record();
            if n % 3 == 0 {
                record.content = content("All about Rust.");
            }
            Post::restore(record).unwrap()
        })
        .collect();
    store.posts.insert_all(&posts).await.unwrap();
    posts
}

/// Returns a query for the posts about Rust.
fn rust_query(order: PostOrder, published: Option<bool>) -> PostQuery {
    let mut query = PostQuery { order, ..matching("rust about") };
    query.filter.published = published;
    query
}

/// Returns the posts about Rust that match the filter of a query, in its order.
fn expected_posts(posts: &[Post], query: &PostQuery) -> Vec<Post> {
    let matching_posts: Vec<_> = posts
        .iter()
        .filter(|post| post.record().content.as_str().contains("Rust"))
        .filter(|post| {
            query.filter.published.is_none_or(|wanted| post.record().published == wanted)
        })
        .cloned()
        .collect();
    super::list::sorted_by_domain(&matching_posts, query.order)
}

async fn a_search_combines_with_filter_order_keyset_and_limit(store: Store) {
    let posts = insert_posts_about_rust(&store).await;

    for order in PostOrder::ALL {
        for published in [None, Some(true), Some(false)] {
            let query = rust_query(order, published);
            let expected = expected_posts(&posts, &query);
            let after = Keyset::of(&expected[3], order.key);

            let listed = store.list(&query, Some(after), 5).await;

            assert_eq!(listed, expected[4..9], "{query:?}");
        }
    }
}

async fn a_search_combines_with_offset_and_total(store: Store) {
    let posts = insert_posts_about_rust(&store).await;
    let order = PostOrder { key: SortKey::CreatedAt, direction: Direction::Ascending };

    for (published, total) in [(None, 34), (Some(true), 17), (Some(false), 17)] {
        let query = rust_query(order, published);
        let expected = expected_posts(&posts, &query);
        assert_eq!(expected.len(), total);
        for (offset, range) in [(0, 0..10), (10, 10..total.min(20)), (1_000, 0..0)] {
            let page = store.list_with_total(&query, offset, 10).await;

            assert_eq!(page.posts, expected[range], "{query:?} {offset}");
            assert_eq!(page.total, u64::try_from(total).unwrap());
        }
    }
}

/// A store may use different query plans for many matches and for few.
async fn a_search_can_match_thousands_of_posts(store: Store) {
    let posts: Vec<_> = (0..2_600_u128)
        .map(|n| {
            let seconds = i64::try_from(n * 37 % 500).unwrap();
            let mut record = post_created(n, at(seconds), n % 2 == 0).into_record();
            if n % 26 != 0 {
                record.content = content("All about Rust.");
            }
            Post::restore(record).unwrap()
        })
        .collect();
    for some in posts.chunks(500) {
        store.posts.insert_all(some).await.unwrap();
    }

    for order in PostOrder::ALL {
        for (published, total) in [(None, 2_500), (Some(true), 1_200), (Some(false), 1_300)] {
            let query = rust_query(order, published);
            let expected = expected_posts(&posts, &query);
            let after = Keyset::of(&expected[1_000], order.key);

            let listed = store.list(&query, Some(after), 10).await;
            let page = store.list_with_total(&query, 1_001, 10).await;

            assert_eq!(listed, expected[1_001..1_011], "{query:?}");
            assert_eq!(page.posts, listed, "{query:?}");
            assert_eq!(page.total, total, "{query:?}");
        }
    }
}

/// There are 1,500 posts. `all` occurs in each of them, `tenth` in every tenth, `hundredth` in
/// every hundredth, and `end` only in the first and the last. The next match after a keyset is
/// therefore close to the keyset or far from it. A store that scans the posts after a keyset one by
/// one for matches must handle both.
async fn frequent_and_rare_terms_are_found_in_every_order(store: Store) {
    const POSTS: u128 = 1_500;
    let posts: Vec<Post> = (0..POSTS)
        .map(|n| {
            let terms = ["all", "tenth", "hundredth"].into_iter().zip([1, 10, 100]);
            let terms = terms.filter(|(_, every)| n.is_multiple_of(*every)).map(|(term, _)| term);
            let end = if n == 0 || n == POSTS - 1 { "end" } else { "middle" };
            let terms: Vec<&str> = terms.chain([end]).collect();
            // The order by title differs from the order by time.
            let headline = format!("Title {:04}", n * 7 % POSTS);
            let seconds = i64::try_from(n).unwrap();
            post_with(n, |record| {
                record.title = title(&headline);
                record.content = content(&format!("Some content {}", terms.join(" ")));
                record.published = !n.is_multiple_of(4);
                record.created_at = at(seconds);
                record.updated_at = at(3_000 - seconds);
            })
        })
        .collect();
    for some in posts.chunks(100) {
        store.posts.insert_all(some).await.unwrap();
    }

    for order in PostOrder::ALL {
        for (text, published) in [
            ("all", None),
            ("tenth", Some(true)),
            ("hundredth", None),
            ("end", None),
            ("all end", Some(false)),
            ("tenth nowhere", None),
        ] {
            let mut query = PostQuery { order, ..matching(text) };
            query.filter.published = published;
            let passes = |post: &&Post| {
                query.filter.search.matches(&search::tokens_of(post.record()))
                    && published.is_none_or(|published| post.record().published == published)
            };
            let matching_posts: Vec<Post> = posts.iter().filter(passes).cloned().collect();
            let expected = super::list::sorted_by_domain(&matching_posts, order);
            let from = |start: usize, count: usize| -> Vec<Post> {
                expected.iter().skip(start).take(count).cloned().collect()
            };

            for limit in [1, 3, 20] {
                let count = usize::try_from(limit).unwrap();
                let first = store.list(&query, None, limit).await;
                assert_eq!(first, from(0, count), "{text} {order:?}");
                if let Some(last) = first.last() {
                    let after = Some(Keyset::of(last, order.key));
                    let second = store.list(&query, after, limit).await;
                    assert_eq!(second, from(count, count), "{text} {order:?}");
                }
                for offset in [0, 5, 250] {
                    let page = store.list_with_total(&query, offset, limit).await;
                    let start = usize::try_from(offset).unwrap();
                    assert_eq!(page.posts, from(start, count), "{text} {order:?} {offset}");
                    assert_eq!(page.total, u64::try_from(expected.len()).unwrap());
                }
            }
        }
    }
}
