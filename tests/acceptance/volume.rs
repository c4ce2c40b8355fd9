use std::collections::BTreeMap;

use acceptance::{Case, TestApp, cases};
use domain::Title;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] =
    cases![ten_thousand_posts_with_unusual_texts_are_returned_unchanged];

const POSTS: usize = 10_000;
const AT_ONCE: usize = 64;

/// Texts that need correct encoding, escaping or Unicode handling.
const UNUSUAL_TEXTS: [&str; 8] = [
    "🦀𝄞👩‍👩‍👧‍👦",
    "'; DROP TABLE posts; --",
    "\"double\" 'single' `back`",
    "line\nbreak\r\n\ttab",
    "back\\slash \\n \\u0000 \\",
    "%s ? $1 :name {} {{}}",
    "<script>&amp;</script>",
    "e\u{301}\u{202e}\u{feff}\u{ffff}\u{10ffff}",
];

/// The `n`th post. Every second post has a title of the maximum length.
fn post(n: usize) -> Value {
    let text = UNUSUAL_TEXTS[n % UNUSUAL_TEXTS.len()];
    let title: String = match n % 2 {
        0 => text.chars().chain("🦀".chars().cycle()).take(Title::MAX_CHARS).collect(),
        _ => format!("{n} {text}"),
    };
    let content = format!("{n}: {}", text.repeat(n % 50 + 10));
    json!({ "title": title, "content": content, "published": !n.is_multiple_of(3) })
}

async fn ten_thousand_posts_with_unusual_texts_are_returned_unchanged(app: TestApp) {
    let created: Vec<Value> = stream::iter(0..POSTS)
        .map(async |n| {
            let created = app.create_post(&post(n)).await.json_of(201);
            for (field, sent) in post(n).as_object().unwrap() {
                assert_eq!(&created[field], sent);
            }
            created
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;

    let listed = app.list_posts("").await.json_of(200);

    let by_id = |posts: &[Value]| -> BTreeMap<String, Value> {
        posts.iter().map(|post| (post["id"].as_str().unwrap().to_owned(), post.clone())).collect()
    };
    assert_eq!(listed.as_array().unwrap().len(), POSTS);
    assert!(by_id(listed.as_array().unwrap()) == by_id(&created), "a listed post differs");
    stream::iter(&created)
        .for_each_concurrent(AT_ONCE, async |post| {
            assert_eq!(&app.get_post(post["id"].as_str().unwrap()).await.json(), post);
        })
        .await;
}
