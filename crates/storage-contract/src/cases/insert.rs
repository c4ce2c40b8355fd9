//! Inserting a post.

use std::sync::Arc;

use domain::{Post, PostRecord, Scope, Timestamp, ports::RepositoryError};
use futures::future::try_join_all;
use tokio::spawn;

use crate::{
    case::{Case, cases},
    sample::{at, content, id, post, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    a_post_reads_back_equal,
    any_text_reads_back_equal,
    the_published_flag_reads_back_equal,
    times_read_back_to_the_microsecond,
    inserting_an_existing_id_is_a_conflict_and_changes_nothing,
    exactly_one_of_many_concurrent_inserts_of_an_id_succeeds,
];

/// Inserts a post and asserts that `find` returns an equal one.
async fn assert_reads_back_equal(store: &Store, post: Post) {
    store.posts.insert(&post).await.unwrap();

    assert_eq!(store.posts.find(post.id(), Scope::Everything).await.unwrap(), Some(post));
}

async fn a_post_reads_back_equal(store: Store) {
    assert_reads_back_equal(&store, post(1)).await;
}

async fn any_text_reads_back_equal(store: Store) {
    let texts = [
        "  spaces around and\ttabs  ",
        "line\nbreaks\r\nof\rall kinds",
        "'single', \"double\" and `back` quotes, back\\slash",
        "'; DROP TABLE posts; -- %s ? $1 :name",
        "🦀🦀🦀 𝄞 👩‍👩‍👧‍👦 four-byte characters",
        "e\u{301} is not é: no normalisation",
        "\u{1}\u{7f}\u{80}\u{feff}\u{fffd}\u{ffff}\u{10ffff} odd code points",
        "العربية עברית \u{202e}right to left",
        "ß İ ı ſ: no change of case",
        "{\"json\": null} <b>html</b> &amp;",
    ];
    for (n, text) in (1..).zip(texts) {
        let record =
            PostRecord { title: title(text), content: content(text), ..post(n).into_record() };
        assert_reads_back_equal(&store, Post::restore(record).unwrap()).await;
    }

    let longest = PostRecord {
        title: title(&"🦀".repeat(domain::Title::MAX_CHARS)),
        content: content(&"🦀\n'\"".repeat(1 << 17)),
        ..post(1_000).into_record()
    };
    assert_reads_back_equal(&store, Post::restore(longest).unwrap()).await;
}

async fn the_published_flag_reads_back_equal(store: Store) {
    for (n, published) in [(1, false), (2, true)] {
        let record = PostRecord { published, ..post(n).into_record() };
        assert_reads_back_equal(&store, Post::restore(record).unwrap()).await;
    }
}

async fn times_read_back_to_the_microsecond(store: Store) {
    let counts = [0, 1, -1, 999_999, 1_740_653_378_369_401, -2_208_988_800_000_001];
    let times = counts.map(|micros| Timestamp::from_unix_micros(micros).unwrap());
    for (n, time) in (1..).zip(times.into_iter().chain([Timestamp::MIN, Timestamp::MAX])) {
        let later = Timestamp::from_unix_micros(time.as_unix_micros() + 1).unwrap_or(time);
        let record = PostRecord { created_at: time, updated_at: later, ..post(n).into_record() };
        assert_reads_back_equal(&store, Post::restore(record).unwrap()).await;
    }
}

async fn inserting_an_existing_id_is_a_conflict_and_changes_nothing(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();
    let other = Post::restore(PostRecord {
        title: title("Another"),
        created_at: at(1),
        updated_at: at(1),
        ..post(1).into_record()
    });

    let result = store.posts.insert(&other.unwrap()).await;

    assert!(matches!(result, Err(RepositoryError::Conflict)), "{result:?}");
    assert_eq!(store.posts.find(id(1), Scope::Everything).await.unwrap(), Some(post(1)));
}

async fn exactly_one_of_many_concurrent_inserts_of_an_id_succeeds(store: Store) {
    let inserts = (0..32).map(|_| {
        let posts = Arc::clone(&store.posts);
        spawn(async move { posts.insert(&post(1)).await })
    });

    let results = try_join_all(inserts).await.unwrap();

    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    for result in results {
        assert!(matches!(result, Ok(()) | Err(RepositoryError::Conflict)), "{result:?}");
    }
}
