use acceptance::{Answer, Case, TestApp, cases, valid_post};
use futures::future::join_all;
use http_actix::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::get_post::UNKNOWN_ID;

pub(crate) const CASES: &[Case] = cases![
    every_write_makes_another_tag,
    a_reader_that_has_it_is_sent_nothing,
    a_reader_is_told_when_it_was_written,
    a_writer_with_the_current_tag_writes,
    a_writer_with_a_stale_tag_is_told_the_current_one,
    a_missing_post_is_not_found_whatever_its_tag,
    if_none_match_keeps_a_writer_from_what_is_there,
    if_unmodified_since_counts_where_there_is_no_tag,
    of_racing_writers_one_wins_each_round,
];

pub(crate) const HTTP_CASES: &[Case] = cases![a_body_is_checked_before_the_tag,];

pub(crate) const CASES_WITH_IF_MATCH_REQUIRED: &[Case] = cases![
    with || Options { require_if_match: true, ..Options::default() };
    without_a_tag_nothing_is_written,
    with_a_tag_everything_goes_on_as_usual,
];

fn id(post: &Value) -> &str {
    post["id"].as_str().unwrap()
}

/// A request about a post under a condition; what writes sends a whole post.
async fn under(app: &TestApp, method: Method, id: &str, header: &str, value: &str) -> Answer {
    let request = app.request(method.clone(), &format!("/api/posts/{id}")).header(header, value);
    let request = match method {
        Method::PUT | Method::PATCH => request.json(&valid_post()),
        _ => request,
    };
    app.send(request).await
}

async fn every_write_makes_another_tag(app: TestApp) {
    let created = app.create_post(&valid_post()).await;
    let post = created.json_of(201);

    let replaced = app.replace_post(id(&post), &valid_post()).await;
    let patched = app.patch_post(id(&post), &json!({ "published": false })).await;
    let read = app.get_post(id(&post)).await;

    let tags = [&created, &replaced, &patched, &read].map(|answer| answer.header("ETag"));
    assert_eq!(tags, ["\"1\"", "\"2\"", "\"3\"", "\"3\""]);
}

async fn a_reader_that_has_it_is_sent_nothing(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for (value, status, tag) in [
        ("\"1\"", 304, "\"1\""),
        ("\"7\", W/\"1\"", 304, "\"1\""),
        ("\"1-gzip\"", 304, "\"1-gzip\""),
        ("*", 304, "\"1\""),
        ("\"2\"", 200, "\"1\""),
        ("1", 200, "\"1\""),
    ] {
        let answer = under(&app, Method::GET, id(&post), "If-None-Match", value).await;

        assert_eq!(answer.status, status, "{value}");
        assert_eq!(answer.header("ETag"), tag);
        assert_eq!(answer.body.is_empty(), status == 304, "{value}");
    }
}

async fn a_reader_is_told_when_it_was_written(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let written = app.get_post(id(&post)).await.header("Last-Modified").to_owned();

    assert!(written.ends_with(" GMT"), "{written}");
    let again = under(&app, Method::GET, id(&post), "If-Modified-Since", &written).await;
    again.is(304, "");
    let long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";
    let again = under(&app, Method::GET, id(&post), "If-Modified-Since", long_ago).await;
    assert_eq!(again.status, 200);
}

async fn a_writer_with_the_current_tag_writes(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for (method, value, status) in [
        (Method::PUT, "\"1\"", 200),
        (Method::PATCH, "\"1\", \"2\"", 200),
        (Method::PUT, "*", 200),
        (Method::PUT, "\"4-br\"", 200),
        (Method::DELETE, "\"5\"", 204),
    ] {
        let answer = under(&app, method, id(&post), "If-Match", value).await;
        assert_eq!(answer.status, status, "{value}");
    }
    app.get_post(id(&post)).await.is_not_found();
}

async fn a_writer_with_a_stale_tag_is_told_the_current_one(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let current = app.patch_post(id(&post), &json!({ "title": "Current" })).await.json_of(200);

    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        for value in ["\"1\"", "W/\"2\"", "\"3\"", "2", "", "\"x\"", "\"02\"", "\"a, *, b\""] {
            let answer = under(&app, method.clone(), id(&post), "If-Match", value).await;

            answer.is(
                412,
                r#"{"code":412,"message":"The post was changed since you read it. Read it again before you change it.","status":"Precondition Failed"}"#,
            );
            assert_eq!(answer.header("ETag"), "\"2\"");
        }
    }
    assert_eq!(app.get_post(id(&post)).await.json_of(200), current);
}

async fn a_missing_post_is_not_found_whatever_its_tag(app: TestApp) {
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        for value in ["*", "\"1\""] {
            under(&app, method.clone(), UNKNOWN_ID, "If-Match", value).await.is_not_found();
        }
    }
}

async fn a_body_is_checked_before_the_tag(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let request = app.request(Method::PUT, &format!("/api/posts/{}", id(&post)));

    let answer = app.send(request.header("If-Match", "\"9\"").json(&json!({}))).await;

    assert_eq!(answer.status, 422);
}

async fn if_none_match_keeps_a_writer_from_what_is_there(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for value in ["*", "\"1\""] {
        let answer = under(&app, Method::PUT, id(&post), "If-None-Match", value).await;
        assert_eq!(answer.status, 412, "{value}");
    }
    let answer = under(&app, Method::PUT, id(&post), "If-None-Match", "\"7\"").await;
    assert_eq!(answer.header("ETag"), "\"2\"");
}

async fn if_unmodified_since_counts_where_there_is_no_tag(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";

    let stale = under(&app, Method::PUT, id(&post), "If-Unmodified-Since", long_ago).await;
    assert_eq!(stale.status, 412);
    let path = format!("/api/posts/{}", id(&post));
    let request = app.request(Method::PUT, &path).header("If-Unmodified-Since", long_ago);
    let with_tag = app.send(request.header("If-Match", "\"1\"").json(&valid_post())).await;
    assert_eq!(with_tag.status, 200);
    let written = with_tag.header("Last-Modified");
    let fresh = under(&app, Method::DELETE, id(&post), "If-Unmodified-Since", written).await;
    assert_eq!(fresh.status, 204);
}

async fn of_racing_writers_one_wins_each_round(app: TestApp) {
    const WRITERS: usize = 8;
    let post = app.given_post(&valid_post()).await;
    for round in 1..=10 {
        let tag = format!("\"{round}\"");
        let writes = (0..WRITERS).map(|_| under(&app, Method::PUT, id(&post), "If-Match", &tag));

        let answers = join_all(writes).await;

        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        let next = format!("\"{}\"", round + 1);
        assert!(lost.iter().all(|answer| answer.status == 412 && answer.header("ETag") == next));
    }
}

async fn without_a_tag_nothing_is_written(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let expected = r#"{"code":428,"message":"If-Match is required: send the ETag of the post as you read it.","status":"Precondition Required"}"#;
    app.replace_post(id(&post), &valid_post()).await.is(428, expected);
    app.patch_post(id(&post), &json!({})).await.is(428, expected);
    app.delete_post(id(&post)).await.is(428, expected);
    assert_eq!(app.get_post(id(&post)).await.json_of(200), post);
}

async fn with_a_tag_everything_goes_on_as_usual(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for (method, value, status) in [
        (Method::PUT, "\"1\"", 200),
        (Method::PATCH, "\"1\"", 412),
        (Method::PATCH, "*", 200),
        (Method::DELETE, "\"3\"", 204),
    ] {
        let answer = under(&app, method, id(&post), "If-Match", value).await;
        assert_eq!(answer.status, status, "{value}");
    }
}
