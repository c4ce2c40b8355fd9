use std::{cell::Cell, collections::BTreeMap, pin::pin};

use acceptance::{Answer, Case, TestApp, cases, long_post};
use futures::future::select;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    following_the_next_links_returns_the_whole_list,
    the_last_page_has_no_next_link,
    cursor_iteration_works_with_every_order_and_filter,
    cursor_iteration_yields_every_post_once_during_concurrent_writes,
    a_cursor_stays_valid_after_its_post_is_deleted,
    a_cursor_page_has_an_etag,
    a_cursor_page_with_long_posts_is_shorter,
];

pub(crate) const HTTP_CASES: &[Case] =
    cases![a_cursor_for_another_filter_or_order_is_rejected, an_invalid_cursor_is_rejected,];

/// The target of the `next` link in the `Link` header.
fn next_path(answer: &Answer) -> Option<String> {
    let link = answer.header("Link").strip_suffix(">; rel=\"next\"")?;
    Some(link.strip_prefix('<').unwrap().to_owned())
}

/// Every post of the list, read by following the `next` links from the first page.
async fn iterate(app: &TestApp, query: &str) -> Vec<Value> {
    let mut path = Some(format!("/api/posts{query}"));
    let mut posts = Vec::new();
    while let Some(current) = path {
        let answer = app.get(&current).await;
        posts.extend(answer.json_of(200).as_array().unwrap().clone());
        path = next_path(&answer);
    }
    posts
}

async fn following_the_next_links_returns_the_whole_list(app: TestApp) {
    let posts = app.given_posts(25).await;

    for limit in [1, 7, 25, 100] {
        assert_eq!(iterate(&app, &format!("?limit={limit}")).await, posts, "{limit}");
    }
}

async fn the_last_page_has_no_next_link(app: TestApp) {
    let posts = app.given_posts(4).await;

    let first = app.list_posts("?limit=2").await;
    let second = app.get(&next_path(&first).unwrap()).await;

    assert_eq!(second.json_of(200), json!(posts[2..]));
    assert_eq!(next_path(&second), None);
    assert!(!second.headers.contains_key("X-Pagination"));
    let empty = app.list_posts("?limit=2&published=false").await;
    empty.is(200, "[]");
    assert_eq!(next_path(&empty), None);
}

async fn cursor_iteration_works_with_every_order_and_filter(app: TestApp) {
    for n in 0..12 {
        let title = ["Same title", "Another title", "🦀 title"][n % 3];
        let body = json!({ "title": title, "content": "Some content", "published": n % 4 != 0 });
        app.given_post(&body).await;
    }

    for sort in ["created_at", "-created_at", "updated_at", "-updated_at", "title", "-title"] {
        for filter in ["", "&published=true", "&published=false", "&q=another", "&q=title+some"] {
            let whole = app.list_posts(&format!("?sort={sort}{filter}")).await.json_of(200);

            let iterated = iterate(&app, &format!("?sort={sort}{filter}&limit=2")).await;

            assert_eq!(json!(iterated), whole, "{sort}{filter}");
        }
    }
}

async fn cursor_iteration_yields_every_post_once_during_concurrent_writes(app: TestApp) {
    let stable = app.given_posts(40).await;

    // In each order, repeats the iteration until the writer has completed a round of writes.
    let written = Cell::new(0);
    let write = async {
        loop {
            let temporary = app.given_posts(3).await;
            app.delete_post(id(&temporary[1])).await;
            app.patch_post(id(&stable[7]), &json!({ "content": "Other content" })).await;
            written.set(written.get() + 1);
        }
    };
    let read = async {
        for sort in ["-created_at", "created_at", "title", "-title"] {
            let before = written.get();
            while written.get() == before {
                let mut occurrences: BTreeMap<String, u32> = BTreeMap::new();
                for post in iterate(&app, &format!("?sort={sort}&limit=3&fields=id")).await {
                    *occurrences.entry(id(&post).to_owned()).or_default() += 1;
                }
                for post in &stable {
                    assert_eq!(occurrences.get(id(post)), Some(&1), "{sort}");
                }
            }
        }
    };
    select(pin!(write), pin!(read)).await;
}

fn id(post: &Value) -> &str {
    post["id"].as_str().unwrap()
}

async fn a_cursor_stays_valid_after_its_post_is_deleted(app: TestApp) {
    let posts = app.given_posts(4).await;
    let first = app.list_posts("?limit=2").await;

    for post in &posts[..2] {
        app.delete_post(id(post)).await;
    }

    assert_eq!(app.get(&next_path(&first).unwrap()).await.json_of(200), json!(posts[2..]));
}

fn cursor_error(message: &str) -> String {
    let errors = json!({ "query": { "cursor": [message] } });
    format!(r#"{{"code":422,"errors":{errors},"status":"Unprocessable Entity"}}"#)
}

async fn a_cursor_for_another_filter_or_order_is_rejected(app: TestApp) {
    app.given_posts(3).await;
    let link = next_path(&app.list_posts("?limit=1").await).unwrap();

    for other in ["&published=true", "&sort=title", "&sort=created_at", "&q=title"] {
        app.get(&format!("{link}{other}"))
            .await
            .is(422, &cursor_error("Made for another filter or order."));
    }
    for same in ["&sort=-created_at", "&q=", "&fields=id", "&x=1"] {
        assert_eq!(app.get(&format!("{link}{same}")).await.status, 200, "{same}");
    }
}

async fn an_invalid_cursor_is_rejected(app: TestApp) {
    app.given_posts(2).await;
    let link = next_path(&app.list_posts("?limit=1").await).unwrap();
    let both = app.get(&format!("{link}&published=maybe")).await.json_of(422);
    assert_eq!(both["errors"], json!({ "query": { "published": ["Not a valid boolean."] } }));
    for cursor in ["", "x", "AAAA", "%00", "%F0%9F%A6%80", &"A".repeat(2_000)] {
        let answer = app.list_posts(&format!("?limit=1&cursor={cursor}")).await;

        answer.is(422, &cursor_error("Not a valid cursor."));
    }
}

async fn a_cursor_page_has_an_etag(app: TestApp) {
    app.given_posts(3).await;
    let first = app.list_posts("?limit=2").await;

    let request = app.request(reqwest::Method::GET, "/api/posts?limit=2");
    let again = app.send(request.header("If-None-Match", first.header("ETag"))).await;

    again.is(304, "");
    app.given_posts(1).await;
    assert_ne!(app.list_posts("?limit=2").await.header("ETag"), first.header("ETag"));
}

async fn a_cursor_page_with_long_posts_is_shorter(app: TestApp) {
    let mut posts = Vec::new();
    for _ in 0..5 {
        posts.push(app.given_post(&long_post()).await);
    }
    posts.reverse();

    for limit in [5, 100] {
        let first = app.list_posts(&format!("?limit={limit}")).await;

        assert_eq!(first.json_of(200), json!(posts[..1]), "{limit}");
        assert!(!first.header("ETag").is_empty());
        assert_eq!(iterate(&app, &format!("?limit={limit}")).await, posts, "{limit}");
    }
}
