//! Listing posts, in every sort order.

use std::cmp::Reverse;

use domain::{
    Direction, Keyset, Post, PostChanges, PostOrder, PostQuery, Precondition, Scope, SortKey,
    SortValue, Timestamp, Title,
};

use crate::{
    case::{Case, cases},
    sample::{at, every_post, id, in_order, post, post_created, post_with, published, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    an_empty_store_lists_nothing,
    the_newest_post_comes_first,
    the_greatest_id_comes_first_among_posts_of_the_same_time,
    the_filter_selects_published_posts_or_drafts,
    an_update_does_not_move_a_post_sorted_by_creation_time,
    an_update_moves_a_post_sorted_by_a_changed_field,
    a_long_list_is_complete,
    posts_are_sorted_by_value_and_then_by_id_in_every_order,
    titles_are_sorted_by_code_point,
    titles_are_compared_to_their_end_and_then_by_id,
    times_before_1970_are_sorted_too,
    a_list_has_at_most_limit_posts,
    a_list_can_start_after_a_keyset_that_no_post_has,
    a_list_can_start_after_the_least_and_the_greatest_keyset,
];

async fn an_empty_store_lists_nothing(store: Store) {
    for order in PostOrder::ALL {
        assert_eq!(store.list(&in_order(order), None, 10).await, []);
    }
}

async fn the_newest_post_comes_first(store: Store) {
    let [old, newer, newest] = [
        post_created(3, at(-1), true),
        post_created(1, at(0), false),
        post_created(2, at(1), true),
    ];
    store.insert(&[newer.clone(), newest.clone(), old.clone()]).await;

    assert_eq!(store.all().await.unwrap(), [newest, newer, old]);
}

async fn the_greatest_id_comes_first_among_posts_of_the_same_time(store: Store) {
    // If a store compares ids as signed numbers, or with reversed bytes, the order is different.
    let numbers = [1, 0x0100, 0x7f << 120, 0x80 << 120, u128::MAX];
    let ascending = numbers.map(post);
    let [a, b, c, d, e] = ascending.clone();
    store.insert(&[c, a, e, b, d]).await;

    let listed = store.all().await.unwrap();

    let descending: Vec<_> = ascending.into_iter().rev().collect();
    assert_eq!(listed, descending);
}

async fn the_filter_selects_published_posts_or_drafts(store: Store) {
    let [public, draft] = [post_created(1, at(0), true), post_created(2, at(1), false)];
    store.insert(&[public.clone(), draft.clone()]).await;

    for (wanted, expected) in [
        (None, vec![draft.clone(), public.clone()]),
        (Some(true), vec![public]),
        (Some(false), vec![draft]),
    ] {
        let query = PostQuery { filter: published(wanted), ..every_post() };
        assert_eq!(store.list(&query, None, 10).await, expected, "{wanted:?}");
    }
}

/// Returns the ids of all posts, in ascending order of `key`.
async fn ids(store: &Store, key: SortKey) -> Vec<domain::PostId> {
    let ascending = in_order(PostOrder { key, direction: Direction::Ascending });
    let listed = store.list(&ascending, None, 10).await;
    listed.iter().map(Post::id).collect()
}

async fn an_update_does_not_move_a_post_sorted_by_creation_time(store: Store) {
    store.insert(&[post_created(1, at(0), true), post_created(2, at(1), true)]).await;

    let changes = PostChanges { title: Some(title("Zzz")), ..PostChanges::default() };
    store
        .posts
        .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(9))
        .await
        .unwrap();

    assert_eq!(ids(&store, SortKey::CreatedAt).await, [id(1), id(2)]);
}

async fn an_update_moves_a_post_sorted_by_a_changed_field(store: Store) {
    store.insert(&[post_created(1, at(0), true), post_created(2, at(1), true)]).await;

    let changes = PostChanges { title: Some(title("Zzz")), ..PostChanges::default() };
    store
        .posts
        .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(9))
        .await
        .unwrap();

    assert_eq!(ids(&store, SortKey::UpdatedAt).await, [id(2), id(1)]);
    assert_eq!(ids(&store, SortKey::Title).await, [id(2), id(1)]);
}

async fn a_long_list_is_complete(store: Store) {
    let posts: Vec<_> = (1..=500).map(post).collect();
    store.posts.insert_all(&posts).await.unwrap();

    let listed = store.all().await.unwrap();

    assert_eq!(listed, posts.into_iter().rev().collect::<Vec<_>>());
}

/// Returns the posts sorted by the domain's order of keysets.
pub(super) fn sorted_by_domain(posts: &[Post], order: PostOrder) -> Vec<Post> {
    let mut posts = posts.to_vec();
    match order.direction {
        Direction::Ascending => posts.sort_by_key(|post| Keyset::of(post, order.key)),
        Direction::Descending => posts.sort_by_key(|post| Reverse(Keyset::of(post, order.key))),
    }
    posts
}

async fn posts_are_sorted_by_value_and_then_by_id_in_every_order(store: Store) {
    // Several posts share each value, and each sort key gives a different order.
    let posts: Vec<_> = (0..60_u128)
        .map(|n| {
            let number = i64::try_from(n).unwrap();
            post_with(n * 7 % 60, |record| {
                record.created_at = at(number % 4);
                record.updated_at = at(10 - number % 5);
                record.title =
                    title(["Same", "same", "Sane", "sam"][usize::try_from(n % 3).unwrap()]);
                record.published = n % 2 == 0;
            })
        })
        .collect();
    store.posts.insert_all(&posts).await.unwrap();

    for order in PostOrder::ALL {
        let listed = store.list(&in_order(order), None, 100).await;

        assert_eq!(listed, sorted_by_domain(&posts, order), "{order:?}");
    }
}

async fn titles_are_sorted_by_code_point(store: Store) {
    // The collation of a language gives a different order. So does UTF-16, in which U+10000 comes
    // before U+FFFF.
    let ascending = [
        "!!!",
        "  a",
        "10 posts",
        "9 posts",
        "Zebra",
        "a-b",
        "a_b",
        "aab",
        "aab ",
        "zebra",
        "e\u{301}tude",
        "étude",
        "σσσ",
        "\u{e000}\u{e000}\u{e000}",
        "\u{ffff}\u{ffff}\u{ffff}",
        "\u{10000}\u{10000}\u{10000}",
        "🦀🦀🦀",
    ];
    let mut ascending = ascending.map(title).to_vec();
    ascending.sort_by(|one, other| one.as_str().chars().cmp(other.as_str().chars()));
    let posts: Vec<_> = (1..)
        .zip(&ascending)
        .map(|(n, title)| post_with(n * 5 % 17, |record| record.title = title.clone()))
        .collect();
    store.posts.insert_all(&posts).await.unwrap();

    let by_title = PostOrder { key: SortKey::Title, direction: Direction::Ascending };
    let listed = store.list(&in_order(by_title), None, 100).await;

    let listed: Vec<_> = listed.into_iter().map(|post| post.into_record().title).collect();
    assert_eq!(listed, ascending);
}

async fn titles_are_compared_to_their_end_and_then_by_id(store: Store) {
    let long = "x".repeat(Title::MAX_CHARS - 1);
    let titles = [&*format!("{long}a"), &format!("{long}b"), "abc", "abc\u{1}", "abc ", "abcd"];
    // Among titles with the same beginning, a lesser title has a greater id. No id begins with a
    // zero byte. If a store joins the title and the id into one sequence of bytes and sorts by it,
    // the order is wrong.
    let posts: Vec<_> = (1..)
        .zip(titles)
        .map(|(n, text)| post_with((0xff - n) << 120, |record| record.title = title(text)))
        .collect();
    store.posts.insert_all(&posts).await.unwrap();

    for order in PostOrder::ALL {
        let streamed = store.stream(&in_order(order), 1).await;

        assert_eq!(streamed, sorted_by_domain(&posts, order), "{order:?}");
    }
}

async fn times_before_1970_are_sorted_too(store: Store) {
    let micros = [0, -1, -1_000_000, 1, -1_000_001, Timestamp::MIN.as_unix_micros()];
    let posts: Vec<_> = (1..)
        .zip(micros)
        .map(|(n, micros)| {
            post_created(n, Timestamp::from_unix_micros(micros).unwrap(), n % 2 == 0)
        })
        .collect();
    store.posts.insert_all(&posts).await.unwrap();

    for order in PostOrder::ALL {
        let streamed = store.stream(&in_order(order), 2).await;

        assert_eq!(streamed, sorted_by_domain(&posts, order), "{order:?}");
    }
}

async fn a_list_has_at_most_limit_posts(store: Store) {
    store.insert(&[post(1), post(2), post(3)]).await;

    for (limit, expected) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (u32::MAX, 3)] {
        let listed = store.list(&every_post(), None, limit).await;
        assert_eq!(listed.len(), expected, "{limit}");
    }
}

async fn a_list_can_start_after_a_keyset_that_no_post_has(store: Store) {
    let posts: Vec<_> =
        [2_u128, 4, 6, 8].map(|n| post_created(n, at(i64::try_from(n).unwrap()), true)).to_vec();
    store.insert(&posts).await;
    let [two, four, six, eight] = <[Post; 4]>::try_from(posts).unwrap();
    let list = async |direction, seconds, n| {
        let order = PostOrder { key: SortKey::CreatedAt, direction };
        let after = Keyset { value: SortValue::CreatedAt(at(seconds)), id: id(n) };
        store.list(&in_order(order), Some(after), 2).await
    };

    // The keyset is between the times of two posts.
    assert_eq!(list(Direction::Ascending, 5, 1).await, [six.clone(), eight.clone()]);
    assert_eq!(list(Direction::Descending, 5, 1).await, [four.clone(), two.clone()]);
    // The keyset has the time of a post, and a lower or a higher id.
    assert_eq!(list(Direction::Ascending, 4, 3).await, [four.clone(), six.clone()]);
    assert_eq!(list(Direction::Ascending, 4, 5).await, [six.clone(), eight.clone()]);
    assert_eq!(list(Direction::Descending, 6, 7).await, [six, four.clone()]);
    assert_eq!(list(Direction::Descending, 6, 5).await, [four, two]);
}

async fn a_list_can_start_after_the_least_and_the_greatest_keyset(store: Store) {
    let posts = [post(1), post(u128::MAX)];
    store.insert(&posts).await;

    for order in PostOrder::ALL {
        let values = match order.key {
            SortKey::CreatedAt => [Timestamp::MIN, Timestamp::MAX].map(SortValue::CreatedAt),
            SortKey::UpdatedAt => [Timestamp::MIN, Timestamp::MAX].map(SortValue::UpdatedAt),
            SortKey::Title => {
                [title("   "), title(&"\u{10ffff}".repeat(100))].map(SortValue::Title)
            }
        };
        let [first, last] = [(values[0].clone(), id(0)), (values[1].clone(), id(u128::MAX))]
            .map(|(value, id)| Keyset { value, id });
        let (start, end) = match order.direction {
            Direction::Ascending => (first, last),
            Direction::Descending => (last, first),
        };

        let all = store.list(&in_order(order), Some(start), 10).await;
        let none = store.list(&in_order(order), Some(end), 10).await;

        assert_eq!(all, sorted_by_domain(&posts, order), "{order:?}");
        assert_eq!(none, [], "{order:?}");
    }
}
