use std::{io::ErrorKind, sync::Arc, time::Duration};

use acceptance::{Answer, EXPECTED_PANIC, TestApp, trial, valid_post};
use domain::{
    Content, NewPost, Post, PostId, Start, Timestamp, Title,
    ports::{Insertion, Listed, MockPostRepository, RepositoryError},
};
use http_actix::{Limits, Options};
use libtest_mimic::Trial;
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use uuid::Uuid;

use crate::get_post::UNKNOWN_ID;

pub(crate) fn trials() -> [Trial; 8] {
    [
        trial("failures::an_unavailable_store_is_503", an_unavailable_store_is_503),
        trial("failures::an_overloaded_store_is_503", an_overloaded_store_is_503),
        trial("failures::a_failing_store_is_500", a_failing_store_is_500),
        trial("failures::a_panic_is_500", a_panic_is_500),
        trial("failures::an_idempotency_key_in_use_is_409", an_idempotency_key_in_use_is_409),
        trial(
            "failures::a_store_failure_in_a_streamed_list_aborts_the_response",
            a_store_failure_in_a_streamed_list_aborts_the_response,
        ),
        trial(
            "failures::a_store_failure_in_a_streamed_list_resets_an_http_1_0_connection",
            a_store_failure_in_a_streamed_list_resets_an_http_1_0_connection,
        ),
        trial(
            "failures::a_request_body_that_times_out_is_408",
            a_request_body_that_times_out_is_408,
        ),
    ]
}

/// A store whose methods all return the error that `fail` returns, or panic if `fail` panics.
fn failing(fail: fn() -> RepositoryError) -> MockPostRepository {
    let mut posts = MockPostRepository::new();
    posts.expect_insert().returning(move |_| Err(fail()));
    posts.expect_find().returning(move |_, _| Err(fail()));
    posts.expect_insert_once().returning(move |_, _| Err(fail()));
    posts.expect_list().returning(move |_| Err(fail()));
    posts.expect_list_with_total().returning(move |_| Err(fail()));
    posts.expect_update().returning(move |_, _, _, _, _| Err(fail()));
    posts.expect_delete().returning(move |_, _, _| Err(fail()));
    posts
}

/// The response of every operation on a failing store.
///
/// Each operation gets a new store, because a mock that has panicked cannot be used again.
async fn answers(fail: fn() -> RepositoryError) -> Vec<Answer> {
    let path = format!("/api/posts/{UNKNOWN_ID}");
    let mut answers = Vec::new();
    for (method, path, body, key) in [
        (Method::POST, "/api/posts", true, None),
        (Method::POST, "/api/posts", true, Some("key")),
        (Method::GET, "/api/posts", false, None),
        (Method::GET, "/api/posts?page=1", false, None),
        (Method::GET, "/api/posts?limit=1", false, None),
        (Method::GET, &path, false, None),
        (Method::PUT, &path, true, None),
        (Method::PATCH, &path, true, None),
        (Method::DELETE, &path, false, None),
    ] {
        let app = TestApp::start_on(Arc::new(failing(fail)), Options::default());
        let mut request = app.request(method, path);
        if body {
            request = request.json(&valid_post());
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        answers.push(app.send(request).await);
    }
    answers
}

async fn an_unavailable_store_is_503() {
    for answer in answers(|| RepositoryError::Unavailable("at /secret/blog.db".into())).await {
        answer.is(
            503,
            r#"{"code":503,"message":"Try again in a moment.","status":"Service Unavailable"}"#,
        );
        assert_eq!(answer.header("Retry-After"), "1");
        assert_ne!(answer.header("X-Request-Id"), "");
    }
}

async fn an_overloaded_store_is_503() {
    for answer in answers(|| RepositoryError::Overloaded).await {
        answer.is(
            503,
            r#"{"code":503,"message":"Try again in a moment.","status":"Service Unavailable"}"#,
        );
        assert_eq!(answer.header("Retry-After"), "1");
    }
}

async fn a_failing_store_is_500() {
    for answer in answers(|| RepositoryError::Backend("SELECT secret".into())).await {
        answer.is(500, r#"{"code":500,"status":"Internal Server Error"}"#);
        assert_ne!(answer.header("X-Request-Id"), "");
    }
}

async fn a_panic_is_500() {
    for answer in answers(|| panic!("{EXPECTED_PANIC}")).await {
        answer.is(500, r#"{"code":500,"status":"Internal Server Error"}"#);
        assert_ne!(answer.header("X-Request-Id"), "");
        assert_eq!(answer.header("X-Content-Type-Options"), "nosniff");
        assert_ne!(answer.header("Vary"), "");
    }
}

async fn a_request_body_that_times_out_is_408() {
    let limits = Limits { body_time: Duration::from_millis(50), ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let app = TestApp::start_on(Arc::new(MockPostRepository::new()), options);
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    let head = "POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();

    let mut answer = String::new();
    timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await.unwrap().unwrap();

    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

async fn an_idempotency_key_in_use_is_409() {
    let mut posts = MockPostRepository::new();
    posts.expect_insert_once().returning(|_, _| Ok(Insertion::InProgress));
    let app = TestApp::start_on(Arc::new(posts), Options::default());
    let request = app.request(Method::POST, "/api/posts").header("Idempotency-Key", "key");

    let answer = app.send(request.json(&valid_post())).await;

    answer.is(
        409,
        r#"{"code":409,"message":"A request with this Idempotency-Key is in progress. Try again.","status":"Conflict"}"#,
    );
    assert_eq!(answer.header("Retry-After"), "1");
}

/// Returns the first batch of a list, and fails when the server reads the second batch.
fn failing_after_the_first_batch() -> MockPostRepository {
    let mut posts = MockPostRepository::new();
    posts.expect_list().returning(|query| match query.window.start {
        Start::First => Ok(Listed::cut((0..query.window.limit).map(post))),
        _ => Err(RepositoryError::Unavailable("gone".into())),
    });
    posts
}

async fn a_store_failure_in_a_streamed_list_aborts_the_response() {
    let app = TestApp::start_on(Arc::new(failing_after_the_first_batch()), Options::default());

    let mut response = app.request(Method::GET, "/api/posts").send().await.unwrap();

    assert_eq!(response.status(), 200);
    let first = response.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"[{"), "{first:?}");
    let rest = loop {
        match response.chunk().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(rest.is_err(), "the response ended normally");
}

/// In HTTP/1.0, the end of the connection is the end of the body. So only a reset shows the failure.
async fn a_store_failure_in_a_streamed_list_resets_an_http_1_0_connection() {
    let app = TestApp::start_on(Arc::new(failing_after_the_first_batch()), Options::default());
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(b"GET /api/posts HTTP/1.0\r\nHost: x\r\n\r\n").await.unwrap();

    let mut answer = Vec::new();
    let end = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.unwrap();

    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

/// A long post, so that the server sends some posts before it reads more from the store.
fn post(n: u32) -> Post {
    let content = Content::new("x".repeat(100_000)).unwrap();
    let new = NewPost::new(Title::new("A title").unwrap(), content);
    Post::create(PostId::new(Uuid::from_u128(n.into())), new, Timestamp::MIN)
}
