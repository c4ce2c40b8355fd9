use std::{cell::Cell, collections::BTreeMap, pin::pin};

use acceptance::{Answer, Case, TestApp, cases};
use futures::future::select;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    following_the_links_leads_through_the_list,
    the_last_page_leads_nowhere,
    every_order_and_filter_can_be_walked,
    a_walk_meets_every_post_once_while_others_write,
    a_post_that_is_gone_still_marks_its_place,
    a_page_by_cursor_has_a_tag,
];

pub(crate) const HTTP_CASES: &[Case] =
    cases![a_cursor_is_of_no_use_for_another_list, what_is_no_cursor_is_refused,];

/// Where `Link` says to go on.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("Link").strip_suffix(">; rel=\"next\"")?;
    Some(link.strip_prefix('<').unwrap().to_owned())
}

/// Every post, from the list's beginning and on by its links.
async fn walk(app: &TestApp, query: &str) -> Vec<Value> {
    let mut path = Some(format!("/api/posts{query}"));
    let mut posts = Vec::new();
    while let Some(current) = path {
        let answer = app.get(&current).await;
        posts.extend(answer.json_of(200).as_array().unwrap().clone());
        path = next(&answer);
    }
    posts
}

async fn following_the_links_leads_through_the_list(app: TestApp) {
    let posts = app.given_posts(25).await;

    for limit in [1, 7, 25, 100] {
        assert_eq!(walk(&app, &format!("?limit={limit}")).await, posts, "{limit}");
    }
}

async fn the_last_page_leads_nowhere(app: TestApp) {
    let posts = app.given_posts(4).await;

    let first = app.list_posts("?limit=2").await;
    let second = app.get(&next(&first).unwrap()).await;

    assert_eq!(second.json_of(200), json!(posts[2..]));
    assert_eq!(next(&second), None);
    assert!(!second.headers.contains_key("X-Pagination"));
    let empty = app.list_posts("?limit=2&published=false").await;
    empty.is(200, "[]");
    assert_eq!(next(&empty), None);
}

async fn every_order_and_filter_can_be_walked(app: TestApp) {
    for n in 0..12 {
        let title = ["Same title", "Another title", "🦀 title"][n % 3];
        let body = json!({ "title": title, "content": "Some content", "published": n % 4 != 0 });
        app.given_post(&body).await;
    }

    for sort in ["created_at", "-created_at", "updated_at", "-updated_at", "title", "-title"] {
        for filter in ["", "&published=true", "&published=false", "&q=another", "&q=title+some"] {
            let whole = app.list_posts(&format!("?sort={sort}{filter}")).await.json_of(200);

            let walked = walk(&app, &format!("?sort={sort}{filter}&limit=2")).await;

            assert_eq!(json!(walked), whole, "{sort}{filter}");
        }
    }
}

async fn a_walk_meets_every_post_once_while_others_write(app: TestApp) {
    let stable = app.given_posts(40).await;

    // Until a walk in each order has had a write meanwhile.
    let written = Cell::new(0);
    let write = async {
        loop {
            let mine = app.given_posts(3).await;
            app.delete_post(stable_id(&mine[1])).await;
            app.patch_post(stable_id(&stable[7]), &json!({ "content": "Other content" })).await;
            written.set(written.get() + 1);
        }
    };
    let read = async {
        for sort in ["-created_at", "created_at", "title", "-title"] {
            let before = written.get();
            while written.get() == before {
                let mut times: BTreeMap<String, u32> = BTreeMap::new();
                for post in walk(&app, &format!("?sort={sort}&limit=3&fields=id")).await {
                    *times.entry(stable_id(&post).to_owned()).or_default() += 1;
                }
                for post in &stable {
                    assert_eq!(times.get(stable_id(post)), Some(&1), "{sort}");
                }
            }
        }
    };
    select(pin!(write), pin!(read)).await;
}

fn stable_id(post: &Value) -> &str {
    post["id"].as_str().unwrap()
}

async fn a_post_that_is_gone_still_marks_its_place(app: TestApp) {
    let posts = app.given_posts(4).await;
    let first = app.list_posts("?limit=2").await;

    for post in &posts[..2] {
        app.delete_post(stable_id(post)).await;
    }

    assert_eq!(app.get(&next(&first).unwrap()).await.json_of(200), json!(posts[2..]));
}

fn problem(message: &str) -> String {
    let errors = json!({ "query": { "cursor": [message] } });
    format!(r#"{{"code":422,"errors":{errors},"status":"Unprocessable Entity"}}"#)
}

async fn a_cursor_is_of_no_use_for_another_list(app: TestApp) {
    app.given_posts(3).await;
    let link = next(&app.list_posts("?limit=1").await).unwrap();

    for other in ["&published=true", "&sort=title", "&sort=created_at", "&q=title"] {
        app.get(&format!("{link}{other}"))
            .await
            .is(422, &problem("Made for another filter or order."));
    }
    for same in ["&sort=-created_at", "&q=", "&fields=id", "&x=1"] {
        assert_eq!(app.get(&format!("{link}{same}")).await.status, 200, "{same}");
    }
}

async fn what_is_no_cursor_is_refused(app: TestApp) {
    app.given_posts(2).await;
    let link = next(&app.list_posts("?limit=1").await).unwrap();
    let both = app.get(&format!("{link}&published=maybe")).await.json_of(422);
    assert_eq!(both["errors"], json!({ "query": { "published": ["Not a valid boolean."] } }));
    for cursor in ["", "x", "AAAA", "%00", "%F0%9F%A6%80", &"A".repeat(2_000)] {
        let answer = app.list_posts(&format!("?limit=1&cursor={cursor}")).await;

        answer.is(422, &problem("Not a valid cursor."));
    }
}

async fn a_page_by_cursor_has_a_tag(app: TestApp) {
    app.given_posts(3).await;
    let first = app.list_posts("?limit=2").await;

    let request = app.request(reqwest::Method::GET, "/api/posts?limit=2");
    let again = app.send(request.header("If-None-Match", first.header("ETag"))).await;

    again.is(304, "");
    app.given_posts(1).await;
    assert_ne!(app.list_posts("?limit=2").await.header("ETag"), first.header("ETag"));
}
