use std::io::Read as _;

use acceptance::{Answer, Case, TestApp, cases, valid_post};
use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::json;

pub(crate) const CASES: &[Case] = cases![a_streamed_list_is_compressed,];

pub(crate) const HTTP_CASES: &[Case] = cases![
    a_successful_response_has_an_etag_and_can_be_revalidated,
    a_response_without_an_etag_is_not_stored,
    short_bodies_are_not_compressed,
    head_has_the_content_encoding_of_get,
    a_response_to_a_request_with_authorization_is_not_stored,
    vary_lists_the_request_headers_that_change_the_response,
    responses_are_compressed_with_the_accepted_coding,
    a_compressed_response_has_its_own_etag_and_either_etag_matches,
    responses_are_not_compressed_without_a_supported_coding,
];

async fn get_with_coding(app: &TestApp, path: &str, coding: &str) -> Answer {
    app.send(app.request(Method::GET, path).header("Accept-Encoding", coding)).await
}

fn gunzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

async fn a_successful_response_has_an_etag_and_can_be_revalidated(app: TestApp) {
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

        let revalidated =
            app.send(app.request(Method::GET, path).header("If-None-Match", tag)).await;

        revalidated.is(304, "");
        assert_eq!(
            (revalidated.header("ETag"), revalidated.header("Cache-Control")),
            (tag, "no-cache")
        );
    }
}

async fn a_response_without_an_etag_is_not_stored(app: TestApp) {
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

            let answer = get_with_coding(&app, &path, coding).await;

            assert_eq!(answer.header("Content-Encoding"), expected);
            let tag = answer.header("ETag").to_owned();
            let request = app.request(Method::GET, &path).header("Accept-Encoding", coding);
            let not_modified = app.send(request.header("If-None-Match", tag)).await;
            not_modified.is(304, "");
            assert_eq!(not_modified.header("Content-Encoding"), "");
        }
        for path in ["/", "/nowhere"] {
            assert_eq!(
                get_with_coding(&app, path, coding).await.header("Content-Encoding"),
                "",
                "{path}"
            );
        }
        let path =
            format!("/api/posts/{}", app.given_post(&valid_post()).await["id"].as_str().unwrap());
        let request = app.request(Method::DELETE, &path).header("Accept-Encoding", coding);
        let deleted = app.send(request).await;
        deleted.is(204, "");
        assert_eq!(deleted.header("Content-Encoding"), "");
    }
}

async fn head_has_the_content_encoding_of_get(app: TestApp) {
    app.given_posts(150).await;

    for path in ["/", "/api/posts", "/api/posts?page=1", "/api/docs/openapi.json"] {
        for coding in ["identity", "gzip", "br", "zstd"] {
            let get = get_with_coding(&app, path, coding).await;

            let head =
                app.send(app.request(Method::HEAD, path).header("Accept-Encoding", coding)).await;

            // `Transfer-Encoding` may be absent (RFC 9110, section 9.3.2).
            for name in ["Content-Encoding", "Content-Length", "ETag", "Vary"] {
                assert_eq!(head.header(name), get.header(name), "{path} {coding} {name}");
            }
            head.is(200, "");
        }
    }
}

async fn a_response_to_a_request_with_authorization_is_not_stored(app: TestApp) {
    for method in [Method::GET, Method::POST] {
        let request = app.request(method, "/api/posts").header("Authorization", "Bearer key");
        let answer = app.send(request.json(&valid_post())).await;
        assert_eq!(answer.header("Cache-Control"), "no-store");
    }
}

async fn vary_lists_the_request_headers_that_change_the_response(app: TestApp) {
    for (path, coding) in
        [("/api/posts", "identity"), ("/api/posts", "gzip"), ("/nowhere", "identity")]
    {
        let answer = get_with_coding(&app, path, coding).await;

        assert_eq!(answer.header("Vary"), "accept, accept-encoding, prefer", "{path} {coding}");
    }
}

async fn responses_are_compressed_with_the_accepted_coding(app: TestApp) {
    app.given_posts(20).await;
    let plain = app.list_posts("").await;

    for coding in ["gzip", "br", "zstd"] {
        let answer = get_with_coding(&app, "/api/posts", coding).await;

        assert_eq!(answer.header("Content-Encoding"), coding);
        assert!(answer.body.len() * 2 < plain.body.len(), "{coding}");
    }
    assert_eq!(gunzip(&get_with_coding(&app, "/api/posts", "gzip").await.body), plain.text());
}

async fn a_streamed_list_is_compressed(app: TestApp) {
    app.given_posts(250).await;
    let plain = app.list_posts("").await;

    let compressed = get_with_coding(&app, "/api/posts", "gzip").await;

    assert_eq!(gunzip(&compressed.body), plain.text());
    assert_eq!(plain.json().as_array().unwrap().len(), 250);
}

async fn a_compressed_response_has_its_own_etag_and_either_etag_matches(app: TestApp) {
    let post = json!({ "title": "Long", "content": "word ".repeat(200) });
    let post = app.given_post(&post).await;
    let path = format!("/api/posts/{}", post["id"].as_str().unwrap());

    for path in [&*path, "/api/posts?page=1", "/api/posts?limit=1"] {
        let (plain, compressed) = (app.get(path).await, get_with_coding(&app, path, "gzip").await);

        let expected = format!("{}-gzip\"", plain.header("ETag").trim_end_matches('"'));
        assert_eq!(compressed.header("ETag"), expected, "{path}");
        for tag in [plain.header("ETag"), compressed.header("ETag")] {
            let request = app.request(Method::GET, path).header("If-None-Match", tag);
            let not_modified = app.send(request.header("Accept-Encoding", "gzip")).await;
            not_modified.is(304, "");
            assert_eq!(not_modified.header("ETag"), tag, "the ETag that the client sent");
        }
    }
}

async fn responses_are_not_compressed_without_a_supported_coding(app: TestApp) {
    for coding in
        ["identity", "gzip;q=0", "compress", "", "identity;q=0", "*;q=0", "identity;q=0, x"]
    {
        let answer = get_with_coding(&app, "/api/posts", coding).await;

        answer.is(200, "[]");
        assert!(!answer.headers.contains_key("Content-Encoding"), "{coding}");
    }
}
