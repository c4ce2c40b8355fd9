//! Listing posts, in every order.

use std::cmp::Reverse;

use domain::{
    Direction, Keyset, Post, PostChanges, PostOrder, PostQuery, Precondition, Scope, SortKey,
    SortValue,
};

use crate::{
    case::{Case, cases},
    sample::{at, every_post, id, in_order, post, post_but, post_made, published, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    an_empty_store_lists_nothing,
    the_newest_comes_first,
    of_the_same_moment_the_greatest_id_comes_first,
    the_filter_tells_drafts_from_published_posts,
    a_change_does_not_move_a_post_that_is_listed_by_creation,
    a_change_moves_a_post_that_is_listed_by_what_was_changed,
    a_long_list_is_complete,
    posts_come_by_value_and_then_by_id_in_every_order,
    titles_come_by_code_points,
    no_more_come_than_are_asked_for,
    a_list_goes_on_behind_a_place_that_no_post_has,
    a_list_goes_on_behind_the_first_and_the_last_place_there_can_be,
];

async fn an_empty_store_lists_nothing(store: Store) {
    for order in PostOrder::ALL {
        assert_eq!(store.list(&in_order(order), None, 10).await, []);
    }
}

async fn the_newest_comes_first(store: Store) {
    let [old, newer, newest] =
        [post_made(3, at(-1), true), post_made(1, at(0), false), post_made(2, at(1), true)];
    store.insert(&[newer.clone(), newest.clone(), old.clone()]).await;

    assert_eq!(store.all().await.unwrap(), [newest, newer, old]);
}

async fn of_the_same_moment_the_greatest_id_comes_first(store: Store) {
    // Ids whose bytes are ordered otherwise than as signed numbers or when read backwards.
    let numbers = [1, 0x0100, 0x7f << 120, 0x80 << 120, u128::MAX];
    let ascending = numbers.map(post);
    let [a, b, c, d, e] = ascending.clone();
    store.insert(&[c, a, e, b, d]).await;

    let listed = store.all().await.unwrap();

    let descending: Vec<_> = ascending.into_iter().rev().collect();
    assert_eq!(listed, descending);
}

async fn the_filter_tells_drafts_from_published_posts(store: Store) {
    let [public, draft] = [post_made(1, at(0), true), post_made(2, at(1), false)];
    store.insert(&[public.clone(), draft.clone()]).await;

    for (wanted, expected) in [
        (None, vec![draft.clone(), public.clone()]),
        (Some(true), vec![public]),
        (Some(false), vec![draft]),
    ] {
        let selection = PostQuery { filter: published(wanted), ..every_post() };
        assert_eq!(store.list(&selection, None, 10).await, expected, "{wanted:?}");
    }
}

async fn ids(store: &Store, key: SortKey) -> Vec<domain::PostId> {
    let ascending = in_order(PostOrder { key, direction: Direction::Ascending });
    let listed = store.list(&ascending, None, 10).await;
    listed.iter().map(Post::id).collect()
}

async fn a_change_does_not_move_a_post_that_is_listed_by_creation(store: Store) {
    store.insert(&[post_made(1, at(0), true), post_made(2, at(1), true)]).await;

    let changes = PostChanges { title: Some(title("Zzz")), ..PostChanges::default() };
    store
        .posts
        .update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(9))
        .await
        .unwrap();

    assert_eq!(ids(&store, SortKey::CreatedAt).await, [id(1), id(2)]);
}

async fn a_change_moves_a_post_that_is_listed_by_what_was_changed(store: Store) {
    store.insert(&[post_made(1, at(0), true), post_made(2, at(1), true)]).await;

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

/// The posts of a selection as the domain orders them.
pub(super) fn as_the_domain_orders(posts: &[Post], order: PostOrder) -> Vec<Post> {
    let mut posts = posts.to_vec();
    match order.direction {
        Direction::Ascending => posts.sort_by_key(|post| Keyset::of(post, order.key)),
        Direction::Descending => posts.sort_by_key(|post| Reverse(Keyset::of(post, order.key))),
    }
    posts
}

async fn posts_come_by_value_and_then_by_id_in_every_order(store: Store) {
    // Every value is that of several posts, and no two keys order them alike.
    let posts: Vec<_> = (0..60_u128)
        .map(|n| {
            let number = i64::try_from(n).unwrap();
            post_but(n * 7 % 60, |record| {
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

        assert_eq!(listed, as_the_domain_orders(&posts, order), "{order:?}");
    }
}

async fn titles_come_by_code_points(store: Store) {
    // A language would order these otherwise, and so would UTF-16: U+FFFF comes before U+10000.
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
        .map(|(n, title)| post_but(n * 5 % 17, |record| record.title = title.clone()))
        .collect();
    store.posts.insert_all(&posts).await.unwrap();

    let by_title = PostOrder { key: SortKey::Title, direction: Direction::Ascending };
    let listed = store.list(&in_order(by_title), None, 100).await;

    let listed: Vec<_> = listed.into_iter().map(|post| post.into_record().title).collect();
    assert_eq!(listed, ascending);
}

async fn no_more_come_than_are_asked_for(store: Store) {
    store.insert(&[post(1), post(2), post(3)]).await;

    for (limit, expected) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (u32::MAX, 3)] {
        let listed = store.list(&every_post(), None, limit).await;
        assert_eq!(listed.len(), expected, "{limit}");
    }
}

async fn a_list_goes_on_behind_a_place_that_no_post_has(store: Store) {
    let posts: Vec<_> =
        [2_u128, 4, 6, 8].map(|n| post_made(n, at(i64::try_from(n).unwrap()), true)).to_vec();
    store.insert(&posts).await;
    let [two, four, six, eight] = <[Post; 4]>::try_from(posts).unwrap();
    let list = async |direction, seconds, n| {
        let order = PostOrder { key: SortKey::CreatedAt, direction };
        let after = Keyset { value: SortValue::CreatedAt(at(seconds)), id: id(n) };
        store.list(&in_order(order), Some(after), 2).await
    };

    // Between two times.
    assert_eq!(list(Direction::Ascending, 5, 1).await, [six.clone(), eight.clone()]);
    assert_eq!(list(Direction::Descending, 5, 1).await, [four.clone(), two.clone()]);
    // At a time that a post has, before it and behind it.
    assert_eq!(list(Direction::Ascending, 4, 3).await, [four.clone(), six.clone()]);
    assert_eq!(list(Direction::Ascending, 4, 5).await, [six.clone(), eight.clone()]);
    assert_eq!(list(Direction::Descending, 6, 7).await, [six, four.clone()]);
    assert_eq!(list(Direction::Descending, 6, 5).await, [four, two]);
}

async fn a_list_goes_on_behind_the_first_and_the_last_place_there_can_be(store: Store) {
    use domain::Timestamp;
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

        assert_eq!(all, as_the_domain_orders(&posts, order), "{order:?}");
        assert_eq!(none, [], "{order:?}");
    }
}
