//! Finding posts by their words.

use domain::{
    Direction, Keyset, Post, PostChanges, PostOrder, PostQuery, Precondition, Scope, Search,
    SortKey, search,
};

use crate::{
    case::{Case, cases},
    sample::{at, content, id, matching, post_but, post_made, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    words_of_title_and_content_find_a_post,
    every_text_finds_what_the_domain_says,
    what_is_syntax_elsewhere_is_a_word_or_nothing,
    of_a_very_long_word_the_beginning_counts,
    a_post_of_very_many_words_is_kept_and_found_by_the_first,
    a_changed_post_is_found_by_its_new_words_only,
    a_deleted_post_is_not_found,
    posts_taken_over_are_found,
    a_search_goes_with_filter_order_place_and_limit,
    a_search_goes_with_offset_and_total,
    a_search_may_find_thousands_of_posts,
    what_is_found_may_be_near_or_far_in_any_order,
];

fn written(n: u128, headline: &str, text: &str) -> Post {
    post_but(n, |record| {
        record.title = title(headline);
        record.content = content(text);
    })
}

/// The numbers of the posts that a text finds, the greatest first.
async fn found(store: &Store, text: &str) -> Vec<u128> {
    let selection = matching(text);
    let posts = store.list(&selection, None, 100).await;
    let counted = store.list_with_total(&selection, 0, 100).await;
    assert_eq!(counted.posts, posts, "{text}");
    assert_eq!(counted.total, u64::try_from(posts.len()).unwrap(), "{text}");
    posts.iter().map(|post| post.id().as_uuid().as_u128()).collect()
}

async fn words_of_title_and_content_find_a_post(store: Store) {
    store
        .insert(&[
            written(1, "Hexagons in Practice", "The domain knows nobody, not 42."),
            written(2, "Practice makes perfect", "Nobody knows 4 hexagons."),
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
        assert_eq!(found(&store, text).await, expected, "{text}");
    }
}

const TEXTS: &[&str] = &[
    "plain words, parted-by.punctuation/and\\more",
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

/// Whether a text finds a post is the domain's to say: each text, and each part of one, on all.
async fn every_text_finds_what_the_domain_says(store: Store) {
    let posts: Vec<_> = (1..).zip(TEXTS).map(|(n, text)| written(n, "A headline", text)).collect();
    store.posts.insert_all(&posts).await.unwrap();
    let words: Vec<_> = posts.iter().map(|post| search::tokens_of(post.record())).collect();

    for text in TEXTS.iter().copied().chain(TEXTS.iter().flat_map(|text| text.split(' '))) {
        let search = Search::parse(text).unwrap();
        let expected: Vec<_> =
            (1..).zip(&words).filter(|(_, words)| search.matches(words)).map(|(n, _)| n).collect();
        let mut found = found(&store, text).await;
        found.reverse();

        assert!(!expected.is_empty());
        assert_eq!(found, expected, "{text}");
    }
}

async fn what_is_syntax_elsewhere_is_a_word_or_nothing(store: Store) {
    store
        .insert(&[
            written(1, "Near and not far", "Quick or slow, content of words: title."),
            written(2, "Other texts", "Something else is written here"),
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
        assert_eq!(found(&store, text).await, expected, "{text}");
    }
}

async fn of_a_very_long_word_the_beginning_counts(store: Store) {
    for (n, letter) in (1..).zip(["x", "ж", "𐐨"]) {
        store.insert(&[written(n, "A title", &letter.repeat(5_000))]).await;

        assert_eq!(found(&store, &letter.repeat(200)).await, [n]);
        assert_eq!(found(&store, &letter.repeat(100)).await, [n]);
        assert_eq!(found(&store, &letter.repeat(99)).await, []);
    }
}

async fn a_post_of_very_many_words_is_kept_and_found_by_the_first(store: Store) {
    let text: String = (0..70_000).map(|n| format!("w{n:07} ")).collect();
    assert!(text.len() > 600_000);
    let post = written(1, "A title", &text);

    store.posts.insert(&post).await.unwrap();

    assert_eq!(found(&store, "title w0000000 w0050000").await, [1]);
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(post));
    let changes = PostChanges { title: Some(title("Another")), ..PostChanges::default() };
    store
        .posts
        .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(1))
        .await
        .unwrap();
    assert_eq!(found(&store, "another w0000000 w0050000").await, [1]);
    assert_eq!(found(&store, "title").await, []);
}

async fn a_changed_post_is_found_by_its_new_words_only(store: Store) {
    store.insert(&[written(1, "Old headline", "Old text of a post")]).await;
    let update = async |changes: PostChanges| {
        store
            .posts
            .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(1))
            .await
            .unwrap();
    };

    update(PostChanges { title: Some(title("New caption")), ..PostChanges::default() }).await;
    assert_eq!(found(&store, "caption").await, [1]);
    assert_eq!(found(&store, "old text").await, [1]);
    assert_eq!(found(&store, "headline").await, []);

    update(PostChanges { content: Some(content("Fresh words")), ..PostChanges::default() }).await;
    assert_eq!(found(&store, "caption fresh").await, [1]);
    assert_eq!(found(&store, "old").await, []);

    update(PostChanges { published: Some(false), ..PostChanges::default() }).await;
    assert_eq!(found(&store, "caption fresh").await, [1]);
}

async fn a_deleted_post_is_not_found(store: Store) {
    store
        .insert(&[
            written(1, "One title", "The same text"),
            written(2, "Two titles", "The same text"),
        ])
        .await;

    store.posts.delete(id(1), Scope::Everything, &Precondition::NONE).await.unwrap();
    assert_eq!(found(&store, "same").await, [2]);
    assert_eq!(found(&store, "one").await, []);

    store.insert(&[written(1, "Third title", "Other text")]).await;
    assert_eq!(found(&store, "third").await, [1]);
    assert_eq!(found(&store, "one").await, []);
}

async fn posts_taken_over_are_found(store: Store) {
    let posts: Vec<_> =
        (1..=50).map(|n| written(n, &format!("Number {n}"), "Taken over")).collect();

    store.posts.insert_all(&posts).await.unwrap();

    assert_eq!(found(&store, "taken over").await.len(), 50);
    assert_eq!(found(&store, "taken 17").await, [17]);
}

/// A hundred posts, every third of which is about rust, and every second published.
async fn with_rust(store: &Store) -> Vec<Post> {
    let posts: Vec<_> = (0..100_u128)
        .map(|n| {
            let seconds = i64::try_from(n * 37 % 100).unwrap();
            let mut record = post_made(n, at(seconds), n % 2 == 0).into_record();
            if n % 3 == 0 {
                record.content = content("All about Rust.");
            }
            Post::restore(record).unwrap()
        })
        .collect();
    store.posts.insert_all(&posts).await.unwrap();
    posts
}

fn rust_in(order: PostOrder, published: Option<bool>) -> PostQuery {
    let mut selection = PostQuery { order, ..matching("rust about") };
    selection.filter.published = published;
    selection
}

fn selected(posts: &[Post], selection: &PostQuery) -> Vec<Post> {
    let chosen: Vec<_> = posts
        .iter()
        .filter(|post| post.record().content.as_str().contains("Rust"))
        .filter(|post| {
            selection.filter.published.is_none_or(|wanted| post.record().published == wanted)
        })
        .cloned()
        .collect();
    super::list::as_the_domain_orders(&chosen, selection.order)
}

async fn a_search_goes_with_filter_order_place_and_limit(store: Store) {
    let posts = with_rust(&store).await;

    for order in PostOrder::ALL {
        for published in [None, Some(true), Some(false)] {
            let selection = rust_in(order, published);
            let expected = selected(&posts, &selection);
            let after = Keyset::of(&expected[3], order.key);

            let listed = store.list(&selection, Some(after), 5).await;

            assert_eq!(listed, expected[4..9], "{selection:?}");
        }
    }
}

async fn a_search_goes_with_offset_and_total(store: Store) {
    let posts = with_rust(&store).await;
    let order = PostOrder { key: SortKey::CreatedAt, direction: Direction::Ascending };

    for (published, total) in [(None, 34), (Some(true), 17), (Some(false), 17)] {
        let selection = rust_in(order, published);
        let expected = selected(&posts, &selection);
        assert_eq!(expected.len(), total);
        for (offset, range) in [(0, 0..10), (10, 10..total.min(20)), (1_000, 0..0)] {
            let counted = store.list_with_total(&selection, offset, 10).await;

            assert_eq!(counted.posts, expected[range], "{selection:?} {offset}");
            assert_eq!(counted.total, u64::try_from(total).unwrap());
        }
    }
}

/// A store may go about that in another way than about a few.
async fn a_search_may_find_thousands_of_posts(store: Store) {
    let posts: Vec<_> = (0..2_600_u128)
        .map(|n| {
            let seconds = i64::try_from(n * 37 % 500).unwrap();
            let mut record = post_made(n, at(seconds), n % 2 == 0).into_record();
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
            let selection = rust_in(order, published);
            let expected = selected(&posts, &selection);
            let after = Keyset::of(&expected[1_000], order.key);

            let listed = store.list(&selection, Some(after), 10).await;
            let counted = store.list_with_total(&selection, 1_001, 10).await;

            assert_eq!(listed, expected[1_001..1_011], "{selection:?}");
            assert_eq!(counted.posts, listed, "{selection:?}");
            assert_eq!(counted.total, total, "{selection:?}");
        }
    }
}

/// Words that every post has, every tenth, every hundredth, and one at either end: of 1,500 posts, so
/// that what is found is among the next ones or long after them.
async fn what_is_found_may_be_near_or_far_in_any_order(store: Store) {
    const POSTS: u128 = 1_500;
    let posts: Vec<Post> = (0..POSTS)
        .map(|n| {
            let text = ["all", "tenth", "hundredth"].into_iter().zip([1, 10, 100]);
            let words = text.filter(|(_, every)| n.is_multiple_of(*every)).map(|(word, _)| word);
            let end = if n == 0 || n == POSTS - 1 { "end" } else { "middle" };
            let words: Vec<&str> = words.chain([end]).collect();
            // Titles come in another order than times.
            let headline = format!("Title {:04}", n * 7 % POSTS);
            let seconds = i64::try_from(n).unwrap();
            post_but(n, |record| {
                record.title = title(&headline);
                record.content = content(&format!("Some content {}", words.join(" ")));
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
            let mut selection = PostQuery { order, ..matching(text) };
            selection.filter.published = published;
            let passes = |post: &&Post| {
                selection.filter.search.matches(&search::tokens_of(post.record()))
                    && published.is_none_or(|published| post.record().published == published)
            };
            let chosen: Vec<Post> = posts.iter().filter(passes).cloned().collect();
            let expected = super::list::as_the_domain_orders(&chosen, order);
            let from = |start: usize, count: usize| -> Vec<Post> {
                expected.iter().skip(start).take(count).cloned().collect()
            };

            for limit in [1, 3, 20] {
                let count = usize::try_from(limit).unwrap();
                let first = store.list(&selection, None, limit).await;
                assert_eq!(first, from(0, count), "{text} {order:?}");
                if let Some(last) = first.last() {
                    let after = Some(Keyset::of(last, order.key));
                    let second = store.list(&selection, after, limit).await;
                    assert_eq!(second, from(count, count), "{text} {order:?}");
                }
                for offset in [0, 5, 250] {
                    let counted = store.list_with_total(&selection, offset, limit).await;
                    let start = usize::try_from(offset).unwrap();
                    assert_eq!(counted.posts, from(start, count), "{text} {order:?} {offset}");
                    assert_eq!(counted.total, u64::try_from(expected.len()).unwrap());
                }
            }
        }
    }
}
