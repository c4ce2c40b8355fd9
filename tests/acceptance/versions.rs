use acceptance::{Answer, Case, TestApp, cases, valid_post};
use futures::future::join_all;
use http_actix::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::get_post::UNKNOWN_ID;

pub(crate) const CASES: &[Case] = cases![
    every_write_changes_the_etag,
    a_read_with_a_matching_if_none_match_is_304,
    if_modified_since_is_compared_with_last_modified,
    a_write_with_a_matching_if_match_succeeds,
    a_write_with_a_stale_if_match_is_412_with_the_current_etag,
    a_missing_post_is_404_with_any_if_match,
    a_write_with_a_matching_if_none_match_is_412,
    if_unmodified_since_is_ignored_with_if_match,
    exactly_one_of_concurrent_writes_with_one_etag_succeeds,
];

pub(crate) const HTTP_CASES: &[Case] = cases![the_body_is_validated_before_if_match,];

pub(crate) const CASES_WITH_IF_MATCH_REQUIRED: &[Case] = cases![
    with || Options { require_if_match: true, ..Options::default() };
    a_write_without_if_match_is_428,
    a_write_with_if_match_succeeds_or_is_412,
];

fn id(post: &Value) -> &str {
    post["id"].as_str().unwrap()
}

/// Sends a request for a post with one extra header. `PUT` and `PATCH` send a complete post.
async fn send_with_header(
    app: &TestApp,
    method: Method,
    id: &str,
    header: &str,
    value: &str,
) -> Answer {
    let request = app.request(method.clone(), &format!("/api/posts/{id}")).header(header, value);
    let request = match method {
        Method::PUT | Method::PATCH => request.json(&valid_post()),
        _ => request,
    };
    app.send(request).await
}

async fn every_write_changes_the_etag(app: TestApp) {
    let created = app.create_post(&valid_post()).await;
    let post = created.json_of(201);

    let replaced = app.replace_post(id(&post), &valid_post()).await;
    let patched = app.patch_post(id(&post), &json!({ "published": false })).await;
    let read = app.get_post(id(&post)).await;

    let tags = [&created, &replaced, &patched, &read].map(|answer| answer.header("ETag"));
    assert_eq!(tags, ["\"1\"", "\"2\"", "\"3\"", "\"3\""]);
}

async fn a_read_with_a_matching_if_none_match_is_304(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for (value, status, tag) in [
        ("\"1\"", 304, "\"1\""),
        ("\"7\", W/\"1\"", 304, "\"1\""),
        ("\"1-gzip\"", 304, "\"1-gzip\""),
        ("*", 304, "\"1\""),
        ("\"2\"", 200, "\"1\""),
        ("1", 200, "\"1\""),
    ] {
        let answer = send_with_header(&app, Method::GET, id(&post), "If-None-Match", value).await;

        assert_eq!(answer.status, status, "{value}");
        assert_eq!(answer.header("ETag"), tag);
        assert_eq!(answer.body.is_empty(), status == 304, "{value}");
    }
}

async fn if_modified_since_is_compared_with_last_modified(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let written = app.get_post(id(&post)).await.header("Last-Modified").to_owned();

    assert!(written.ends_with(" GMT"), "{written}");
    let again = send_with_header(&app, Method::GET, id(&post), "If-Modified-Since", &written).await;
    again.is(304, "");
    let long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";
    let again = send_with_header(&app, Method::GET, id(&post), "If-Modified-Since", long_ago).await;
    assert_eq!(again.status, 200);
}

async fn a_write_with_a_matching_if_match_succeeds(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for (method, value, status) in [
        (Method::PUT, "\"1\"", 200),
        (Method::PATCH, "\"1\", \"2\"", 200),
        (Method::PUT, "*", 200),
        (Method::PUT, "\"4-br\"", 200),
        (Method::DELETE, "\"5\"", 204),
    ] {
        let answer = send_with_header(&app, method, id(&post), "If-Match", value).await;
        assert_eq!(answer.status, status, "{value}");
    }
    app.get_post(id(&post)).await.is_not_found();
}

async fn a_write_with_a_stale_if_match_is_412_with_the_current_etag(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let current = app.patch_post(id(&post), &json!({ "title": "Current" })).await.json_of(200);

    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        for value in ["\"1\"", "W/\"2\"", "\"3\"", "2", "", "\"x\"", "\"02\"", "\"a, *, b\""] {
            let answer = send_with_header(&app, method.clone(), id(&post), "If-Match", value).await;

            answer.is(
                412,
                r#"{"code":412,"message":"The post was changed since you read it. Read it again before you change it.","status":"Precondition Failed"}"#,
            );
            assert_eq!(answer.header("ETag"), "\"2\"");
        }
    }
    assert_eq!(app.get_post(id(&post)).await.json_of(200), current);
}

async fn a_missing_post_is_404_with_any_if_match(app: TestApp) {
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        for value in ["*", "\"1\""] {
            send_with_header(&app, method.clone(), UNKNOWN_ID, "If-Match", value)
                .await
                .is_not_found();
        }
    }
}

async fn the_body_is_validated_before_if_match(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let request = app.request(Method::PUT, &format!("/api/posts/{}", id(&post)));

    let answer = app.send(request.header("If-Match", "\"9\"").json(&json!({}))).await;

    assert_eq!(answer.status, 422);
}

async fn a_write_with_a_matching_if_none_match_is_412(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for value in ["*", "\"1\""] {
        let answer = send_with_header(&app, Method::PUT, id(&post), "If-None-Match", value).await;
        assert_eq!(answer.status, 412, "{value}");
    }
    let answer = send_with_header(&app, Method::PUT, id(&post), "If-None-Match", "\"7\"").await;
    assert_eq!(answer.header("ETag"), "\"2\"");
}

async fn if_unmodified_since_is_ignored_with_if_match(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";

    let stale =
        send_with_header(&app, Method::PUT, id(&post), "If-Unmodified-Since", long_ago).await;
    assert_eq!(stale.status, 412);
    let path = format!("/api/posts/{}", id(&post));
    let request = app.request(Method::PUT, &path).header("If-Unmodified-Since", long_ago);
    let with_tag = app.send(request.header("If-Match", "\"1\"").json(&valid_post())).await;
    assert_eq!(with_tag.status, 200);
    let written = with_tag.header("Last-Modified");
    let fresh =
        send_with_header(&app, Method::DELETE, id(&post), "If-Unmodified-Since", written).await;
    assert_eq!(fresh.status, 204);
}

async fn exactly_one_of_concurrent_writes_with_one_etag_succeeds(app: TestApp) {
    const WRITERS: usize = 8;
    let post = app.given_post(&valid_post()).await;
    for round in 1..=10 {
        let tag = format!("\"{round}\"");
        let writes =
            (0..WRITERS).map(|_| send_with_header(&app, Method::PUT, id(&post), "If-Match", &tag));

        let answers = join_all(writes).await;

        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        let next = format!("\"{}\"", round + 1);
        assert!(lost.iter().all(|answer| answer.status == 412 && answer.header("ETag") == next));
    }
}

async fn a_write_without_if_match_is_428(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let expected = r#"{"code":428,"message":"If-Match is required: send the ETag of the post as you read it.","status":"Precondition Required"}"#;
    app.replace_post(id(&post), &valid_post()).await.is(428, expected);
    app.patch_post(id(&post), &json!({})).await.is(428, expected);
    app.delete_post(id(&post)).await.is(428, expected);
    assert_eq!(app.get_post(id(&post)).await.json_of(200), post);
}

async fn a_write_with_if_match_succeeds_or_is_412(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for (method, value, status) in [
        (Method::PUT, "\"1\"", 200),
        (Method::PATCH, "\"1\"", 412),
        (Method::PATCH, "*", 200),
        (Method::DELETE, "\"3\"", 204),
    ] {
        let answer = send_with_header(&app, method, id(&post), "If-Match", value).await;
        assert_eq!(answer.status, status, "{value}");
    }
}
