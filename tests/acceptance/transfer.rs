use acceptance::{Adapter, in_system};
use domain::{Content, NewPost, Post, PostId, Timestamp, Title};
use libtest_mimic::{Completion, Trial};
use server::archive;
use uuid::Uuid;

/// Transfers between all pairs of adapters, and transfers of long posts to SQLite and PostgreSQL.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    all_pairs().chain([Adapter::Sqlite, Adapter::Postgres].map(long_posts_to))
}

/// Transfers posts with more indexed terms than a store can write in one batch before its timeout.
fn long_posts_to(to: Adapter) -> Trial {
    Trial::ignorable_test(format!("transfer::long_posts_to_{}", to.name()), move || {
        in_system(async move || {
            let ((from, _from_resources), (to, _to_resources)) =
                match (Adapter::Memory.open(), to.open()) {
                    (Ok(from), Ok(to)) => (from, to),
                    (Err(missing), _) | (_, Err(missing)) => return missing.completion(),
                };
            let posts: Vec<Post> = (0..150).map(long_post).collect();
            from.insert_all(&posts).await.unwrap();

            let digest = archive::transfer(&*from, &*to, false).await.unwrap();

            assert_eq!(digest.count, 150);
            Ok(Completion::Completed)
        })
    })
}

fn long_post(n: u32) -> Post {
    let content: String = (0..8_000).map(|word| format!("word{n}x{word} ")).collect();
    let new = NewPost::new(Title::new("A title").unwrap(), Content::new(content).unwrap());
    Post::create(PostId::new(Uuid::from_u128(n.into())), new, Timestamp::MIN)
}

fn all_pairs() -> impl Iterator<Item = Trial> {
    let pairs = Adapter::ALL.into_iter().flat_map(|from| Adapter::ALL.map(|to| (from, to)));
    pairs.map(|(from, to)| {
        let name = format!("transfer::{}_to_{}", from.name(), to.name());
        Trial::ignorable_test(name, move || {
            in_system(async move || {
                let ((from, _from_resources), (to, _to_resources)) = match (from.open(), to.open())
                {
                    (Ok(from), Ok(to)) => (from, to),
                    (Err(missing), _) | (_, Err(missing)) => return missing.completion(),
                };
                let posts: Vec<Post> = (0..1_000).map(post).collect();
                from.insert_all(&posts).await.unwrap();
                to.insert_all(&posts[..300]).await.unwrap();

                let digest = archive::transfer(&*from, &*to, true).await.unwrap();

                assert_eq!(digest.count, 1_000);
                assert!(to.page(None, 2_000).await.unwrap() == posts, "a post differs");
                Ok(Completion::Completed)
            })
        })
    })
}

fn post(n: u32) -> Post {
    let texts = ["🦀🦀🦀", "'; DROP TABLE posts; --", "e\u{301} \"x\" \\ \u{1}\n", "A title"];
    let text = texts[n as usize % texts.len()];
    let new = NewPost::new(Title::new(text).unwrap(), Content::new(text.repeat(5)).unwrap());
    let new = NewPost { published: !n.is_multiple_of(3), ..new };
    let at = Timestamp::from_unix_micros(1_740_653_378_369_401 + i64::from(n)).unwrap();
    Post::create(PostId::new(Uuid::from_u128(u128::from(n) << 100)), new, at)
}
