use acceptance::{Adapter, Answer, TestApp};
use libtest_mimic::{Completion, Trial};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::in_system;

/// One test for each adapter but the reference, whose answers the others are compared with.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    Adapter::ALL.into_iter().filter(|adapter| *adapter != Adapter::Memory).map(|adapter| {
        let name = format!("same_bytes::{}_answers_as_memory_does", adapter.name());
        Trial::ignorable_test(name, move || {
            in_system(async move || {
                let app = match TestApp::start_repeatable(adapter) {
                    Ok(app) => app,
                    Err(missing) => return missing.completion(),
                };
                let reference = TestApp::start_repeatable(Adapter::Memory).unwrap();
                for request in requests() {
                    let (expected, actual) =
                        (send(&reference, &request).await, send(&app, &request).await);
                    assert_eq!(actual, expected, "{request:?}");
                }
                Ok(Completion::Completed)
            })
        })
    })
}

type Request = (Method, String, Option<Value>);

/// Every operation, with what succeeds and what does not; ids count from 0, and every request
/// takes one for its own name.
fn requests() -> Vec<Request> {
    let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
    let texts = ["A title", "🦀🦀🦀", "'; DROP TABLE posts; --", "e\u{301} \"x\" \\ \u{1}\n"];
    let body = |n: usize| {
        let text = texts[n % texts.len()];
        json!({ "title": text, "content": text.repeat(5), "published": !n.is_multiple_of(3) })
    };
    let posts = || "/api/posts".to_owned();
    let mut requests: Vec<Request> = vec![(get.clone(), posts(), None)];
    requests.extend((0..20).map(|n| (post.clone(), posts(), Some(body(n)))));
    requests.push((post, posts(), Some(json!({ "title": "a\u{0}bc", "content": 1 }))));
    let lists = ["", "?published=true", "?published=0", "?published=maybe"];
    let list = || lists.map(|query| (Method::GET, format!("/api/posts{query}"), None));
    requests.extend(list());
    for n in 0..60 {
        let path = format!("/api/posts/{}", uuid::Uuid::from_u128(n));
        let even = n % 4 == 0;
        requests.push((get.clone(), path.clone(), None));
        requests.push((
            put.clone(),
            path.clone(),
            Some(json!({ "title": "New", "content": "0123456789" })),
        ));
        if even {
            requests.push((delete.clone(), path.clone(), None));
            requests.push((get.clone(), path, None));
        }
    }
    requests.extend(list());
    requests
}

/// What was answered, but for when.
async fn send(app: &TestApp, (method, path, body): &Request) -> (u16, Vec<String>, String) {
    let mut request = app.request(method.clone(), path);
    if let Some(body) = body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
    }
    let answer: Answer = app.send(request).await;
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers, answer.text().to_owned())
}
