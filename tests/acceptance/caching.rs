use std::io::Read as _;

use acceptance::{Answer, Case, TestApp, cases, valid_post};
use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::json;

pub(crate) const CASES: &[Case] = cases![a_long_list_is_compressed_on_its_way,];

pub(crate) const HTTP_CASES: &[Case] = cases![
    what_is_read_has_a_tag_and_is_revalidated,
    what_has_no_tag_is_not_stored,
    short_bodies_are_not_compressed,
    head_has_the_coding_of_get,
    what_a_key_was_sent_for_is_kept_nowhere,
    answers_say_what_they_depend_on,
    answers_are_compressed_for_who_asks,
    a_compressed_answer_has_a_tag_of_its_own_that_means_the_same,
    who_asks_for_no_compression_gets_none,
];

async fn coded(app: &TestApp, path: &str, coding: &str) -> Answer {
    app.send(app.request(Method::GET, path).header("Accept-Encoding", coding)).await
}

fn unzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

async fn what_is_read_has_a_tag_and_is_revalidated(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let path = format!("/api/posts/{}", post["id"].as_str().unwrap());

    for path in [
        "/",
        "/api/posts",
        "/api/posts?page=1",
        "/api/posts?limit=1",
        &path,
        "/api/docs/openapi.json",
        "/api/docs/swagger",
        "/api/docs/swagger/init.js",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("Cache-Control"), "no-cache", "{path}");
        let tag = answer.header("ETag");
        assert!(tag.starts_with('"'), "{path}");

        let again = app.send(app.request(Method::GET, path).header("If-None-Match", tag)).await;

        again.is(304, "");
        assert_eq!((again.header("ETag"), again.header("Cache-Control")), (tag, "no-cache"));
    }
}

async fn what_has_no_tag_is_not_stored(app: TestApp) {
    app.given_posts(150).await;

    for path in ["/api/posts", "/api/posts?page=0", "/api/posts/unknown", "/nowhere"] {
        let answer = app.get(path).await;

        assert_eq!(answer.header("Cache-Control"), "no-store", "{path}");
        assert!(!answer.headers.contains_key("ETag"), "{path}");
    }
}

async fn short_bodies_are_not_compressed(app: TestApp) {
    let short = app.given_post(&valid_post()).await;
    let long = app.given_post(&json!({ "title": "Long", "content": "word ".repeat(200) })).await;

    for coding in ["gzip", "br", "zstd"] {
        for (post, expected) in [(&short, ""), (&long, coding)] {
            let path = format!("/api/posts/{}", post["id"].as_str().unwrap());

            let answer = coded(&app, &path, coding).await;

            assert_eq!(answer.header("Content-Encoding"), expected);
            let tag = answer.header("ETag").to_owned();
            let request = app.request(Method::GET, &path).header("Accept-Encoding", coding);
            let known = app.send(request.header("If-None-Match", tag)).await;
            known.is(304, "");
            assert_eq!(known.header("Content-Encoding"), "");
        }
        for path in ["/", "/nowhere"] {
            assert_eq!(coded(&app, path, coding).await.header("Content-Encoding"), "", "{path}");
        }
        let path =
            format!("/api/posts/{}", app.given_post(&valid_post()).await["id"].as_str().unwrap());
        let request = app.request(Method::DELETE, &path).header("Accept-Encoding", coding);
        let deleted = app.send(request).await;
        deleted.is(204, "");
        assert_eq!(deleted.header("Content-Encoding"), "");
    }
}

async fn head_has_the_coding_of_get(app: TestApp) {
    app.given_posts(150).await;

    for path in ["/", "/api/posts", "/api/posts?page=1", "/api/docs/openapi.json"] {
        for coding in ["identity", "gzip", "br", "zstd"] {
            let get = coded(&app, path, coding).await;

            let head =
                app.send(app.request(Method::HEAD, path).header("Accept-Encoding", coding)).await;

            for name in ["Content-Encoding", "Transfer-Encoding", "Content-Length", "ETag", "Vary"]
            {
                assert_eq!(head.header(name), get.header(name), "{path} {coding} {name}");
            }
            head.is(200, "");
        }
    }
}

async fn what_a_key_was_sent_for_is_kept_nowhere(app: TestApp) {
    for method in [Method::GET, Method::POST] {
        let request = app.request(method, "/api/posts").header("Authorization", "Bearer key");
        let answer = app.send(request.json(&valid_post())).await;
        assert_eq!(answer.header("Cache-Control"), "no-store");
    }
}

async fn answers_say_what_they_depend_on(app: TestApp) {
    for (path, coding) in
        [("/api/posts", "identity"), ("/api/posts", "gzip"), ("/nowhere", "identity")]
    {
        let answer = coded(&app, path, coding).await;

        assert_eq!(answer.header("Vary"), "accept, accept-encoding, prefer", "{path} {coding}");
    }
}

async fn answers_are_compressed_for_who_asks(app: TestApp) {
    app.given_posts(20).await;
    let plain = app.list_posts("").await;

    for coding in ["gzip", "br", "zstd"] {
        let answer = coded(&app, "/api/posts", coding).await;

        assert_eq!(answer.header("Content-Encoding"), coding);
        assert!(answer.body.len() * 2 < plain.body.len(), "{coding}");
    }
    assert_eq!(unzip(&coded(&app, "/api/posts", "gzip").await.body), plain.text());
}

async fn a_long_list_is_compressed_on_its_way(app: TestApp) {
    app.given_posts(250).await;
    let plain = app.list_posts("").await;

    let zipped = coded(&app, "/api/posts", "gzip").await;

    assert_eq!(unzip(&zipped.body), plain.text());
    assert_eq!(plain.json().as_array().unwrap().len(), 250);
}

async fn a_compressed_answer_has_a_tag_of_its_own_that_means_the_same(app: TestApp) {
    let post = json!({ "title": "Long", "content": "word ".repeat(200) });
    let post = app.given_post(&post).await;
    let path = format!("/api/posts/{}", post["id"].as_str().unwrap());

    for path in [&*path, "/api/posts?page=1", "/api/posts?limit=1"] {
        let (plain, zipped) = (app.get(path).await, coded(&app, path, "gzip").await);

        let expected = format!("{}-gzip\"", plain.header("ETag").trim_end_matches('"'));
        assert_eq!(zipped.header("ETag"), expected, "{path}");
        for tag in [plain.header("ETag"), zipped.header("ETag")] {
            let request = app.request(Method::GET, path).header("If-None-Match", tag);
            let known = app.send(request.header("Accept-Encoding", "gzip")).await;
            known.is(304, "");
            assert_eq!(known.header("ETag"), tag, "the one that the client has");
        }
    }
}

async fn who_asks_for_no_compression_gets_none(app: TestApp) {
    for coding in
        ["identity", "gzip;q=0", "compress", "", "identity;q=0", "*;q=0", "identity;q=0, x"]
    {
        let answer = coded(&app, "/api/posts", coding).await;

        answer.is(200, "[]");
        assert!(!answer.headers.contains_key("Content-Encoding"), "{coding}");
    }
}
