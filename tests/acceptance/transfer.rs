use acceptance::Adapter;
use domain::{Content, NewPost, Post, PostId, Timestamp, Title};
use libtest_mimic::{Completion, Trial};
use server::archive;
use uuid::Uuid;

use crate::in_system;

/// From each adapter to each.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
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
