use acceptance::{Adapter, Answer, TestApp, in_system};
use http_actix::Options;
use libtest_mimic::{Completion, Trial};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

/// One test for each adapter except memory, which is the reference for the others.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    Adapter::ALL.into_iter().filter(|adapter| *adapter != Adapter::Memory).map(|adapter| {
        let name = format!("same_bytes::{}_responses_equal_those_of_memory", adapter.name());
        Trial::ignorable_test(name, move || {
            in_system(async move || {
                let app = match TestApp::start_repeatable(adapter, Options::default()) {
                    Ok(app) => app,
                    Err(missing) => return missing.completion(),
                };
                let reference =
                    TestApp::start_repeatable(Adapter::Memory, Options::default()).unwrap();
                for request in requests() {
                    assert_same(&reference, &app, &request).await;
                }
                for query in cursor_queries() {
                    let mut path = Some(format!("/api/posts{query}"));
                    while let Some(current) = path {
                        let request = Request::new(Method::GET, current, None);
                        path = next_path(&assert_same(&reference, &app, &request).await);
                    }
                }
                Ok(Completion::Completed)
            })
        })
    })
}

#[derive(Debug)]
struct Request {
    method: Method,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<Value>,
}

impl Request {
    fn new(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, path: path.into(), headers: vec![], body }
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Requests for every operation. Some succeed and some fail.
///
/// The ids count up from 0. Each request also takes one id as its request id, so some of the ids
/// are not ids of posts.
fn requests() -> Vec<Request> {
    let posts = "/api/posts";
    let mut requests = vec![Request::new(Method::GET, posts, None)];
    requests.extend((0..20).map(|n| Request::new(Method::POST, posts, Some(body(n)))));
    let wrong = json!({ "title": "a\u{0}bc", "content": 1 });
    requests.push(Request::new(Method::POST, posts, Some(wrong)));
    for (key, n) in [("key", 1), ("key", 1), ("key", 2), ("other", 2), ("two words", 2)] {
        let request = Request::new(Method::POST, posts, Some(body(n)));
        requests.push(request.with("Idempotency-Key", key));
    }
    requests.extend(lists());
    for n in 0..60 {
        let path = format!("/api/posts/{}", uuid::Uuid::from_u128(n));
        let with_body = |method, body| Request::new(method, &path, Some(body));
        let get = || Request::new(Method::GET, &path, None);
        let new = json!({ "title": "New", "content": "0123456789" });
        requests.push(get());
        requests.push(get().with("If-None-Match", "\"1\""));
        requests.push(with_body(Method::PUT, new.clone()));
        requests.push(with_body(Method::PUT, new).with("If-Match", "\"1\""));
        requests
            .push(with_body(Method::PATCH, json!({ "title": "Newer" })).with("If-Match", "\"2\""));
        requests.push(with_body(Method::PATCH, json!({ "published": n % 5 == 0 })));
        if n % 4 == 0 {
            let delete = || Request::new(Method::DELETE, &path, None);
            requests.extend([delete().with("If-Match", "\"1\""), delete(), get()]);
        }
    }
    requests.extend(lists());
    requests
}

fn body(n: usize) -> Value {
    let texts = ["A title", "🦀🦀🦀", "'; DROP TABLE posts; --", "e\u{301} \"x\" \\ \u{1}\n"];
    let text = texts[n % texts.len()];
    json!({ "title": text, "content": text.repeat(5), "published": !n.is_multiple_of(3) })
}

fn lists() -> impl Iterator<Item = Request> {
    const QUERIES: [&str; 18] = [
        "",
        "?published=true",
        "?published=0",
        "?published=maybe",
        "?page=1",
        "?page=2&page_size=7",
        "?page=9&published=false",
        "?page=1&page_size=5&sort=title&q=drop",
        "?page=0&limit=x&sort=y&fields=z",
        "?limit=3&fields=id,title",
        "?sort=title",
        "?sort=-updated_at&fields=updated_at",
        "?q=title",
        "?q=DROP+table&published=true",
        "?q=%C3%A9",
        "?q=\"AND*(",
        "?q=newer&sort=-title",
        "?limit=2&cursor=AAAA",
    ];
    QUERIES.into_iter().map(|query| Request::new(Method::GET, format!("/api/posts{query}"), None))
}

/// Queries whose cursor pages are read to the end.
fn cursor_queries() -> [&'static str; 4] {
    [
        "?limit=3",
        "?limit=4&sort=title&published=true",
        "?limit=2&sort=-updated_at",
        "?limit=1&q=newer",
    ]
}

/// The target of the `next` link in the `Link` header.
fn next_path((_, headers, _): &Observed) -> Option<String> {
    let link =
        headers.iter().find(|header| header.starts_with("link: ") && header.contains("next"))?;
    let (_, rest) = link.split_once('<')?;
    rest.split_once('>').map(|(path, _)| path.to_owned())
}

/// Status, headers and body.
type Observed = (u16, Vec<String>, String);

/// Sends a request to both servers, asserts that the responses are equal, and returns the response.
async fn assert_same(reference: &TestApp, app: &TestApp, request: &Request) -> Observed {
    let (expected, actual) = (send(reference, request).await, send(app, request).await);
    assert_eq!(actual, expected, "{request:?}");
    actual
}

/// Sends a request and returns the response without its `Date`.
async fn send(app: &TestApp, Request { method, path, headers, body }: &Request) -> Observed {
    let mut request = app.request(method.clone(), path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
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
