use std::{sync::Arc, time::Duration};

use acceptance::{TestApp, valid_post};
use domain::ports::{MockPostRepository, RepositoryError};
use http_actix::Limits;
use libtest_mimic::Trial;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{get_post::UNKNOWN_ID, in_system};

pub(crate) fn trials() -> [Trial; 4] {
    [
        trial("a_store_that_does_not_answer_is_a_503", a_store_that_does_not_answer_is_a_503),
        trial("a_store_that_fails_is_a_500", a_store_that_fails_is_a_500),
        trial("a_panic_is_a_500", a_panic_is_a_500),
        trial("a_body_that_does_not_arrive_is_a_408", a_body_that_does_not_arrive_is_a_408),
    ]
}

fn trial(name: &str, test: impl AsyncFnOnce() + Send + 'static) -> Trial {
    Trial::test(format!("failures::{name}"), move || {
        in_system(test);
        Ok(())
    })
}

/// What every operation answers on a store that does with every call what `call` does.
async fn answers(call: fn() -> RepositoryError) -> Vec<acceptance::Answer> {
    let mut posts = MockPostRepository::new();
    posts.expect_insert().returning(move |_| Err(call()));
    posts.expect_find().returning(move |_| Err(call()));
    posts.expect_list().returning(move |_| Err(call()));
    posts.expect_update().returning(move |_, _, _| Err(call()));
    posts.expect_delete().returning(move |_| Err(call()));
    let app = TestApp::start_on(Arc::new(posts), Limits::default());
    vec![
        app.create_post(&valid_post()).await,
        app.list_posts("").await,
        app.get_post(UNKNOWN_ID).await,
        app.replace_post(UNKNOWN_ID, &valid_post()).await,
        app.delete_post(UNKNOWN_ID).await,
    ]
}

async fn a_store_that_does_not_answer_is_a_503() {
    for answer in answers(|| RepositoryError::Unavailable("at /secret/blog.db".into())).await {
        answer.is(
            503,
            r#"{"code":503,"message":"Try again in a moment.","status":"Service Unavailable"}"#,
        );
        assert_eq!(answer.header("Retry-After"), "1");
        assert_ne!(answer.header("X-Request-Id"), "");
    }
}

async fn a_store_that_fails_is_a_500() {
    for answer in answers(|| RepositoryError::Backend("SELECT secret".into())).await {
        answer.is(500, r#"{"code":500,"status":"Internal Server Error"}"#);
        assert_ne!(answer.header("X-Request-Id"), "");
    }
}

async fn a_panic_is_a_500() {
    for answer in answers(|| panic!("this panic is part of a test")).await {
        answer.is(500, r#"{"code":500,"status":"Internal Server Error"}"#);
        assert_ne!(answer.header("X-Request-Id"), "");
    }
}

async fn a_body_that_does_not_arrive_is_a_408() {
    let limits = Limits { body_time: Duration::from_millis(50), ..Limits::default() };
    let app = TestApp::start_on(Arc::new(MockPostRepository::new()), limits);
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    let head = "POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();

    let mut answer = String::new();
    timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await.unwrap().unwrap();

    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}
