use acceptance::{Adapter, Answer, TestApp, in_system};
use libtest_mimic::{Completion, Trial};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

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
                    same(&reference, &app, &request).await;
                }
                for walk in walks() {
                    let mut path = Some(format!("/api/posts{walk}"));
                    while let Some(current) = path {
                        let request = Request::new(Method::GET, current, None);
                        path = next(&same(&reference, &app, &request).await);
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

/// Every operation, with what succeeds and what does not; ids count from 0, and every request
/// takes one for its own name.
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

/// Lists to be gone through by their cursors.
fn walks() -> [&'static str; 4] {
    [
        "?limit=3",
        "?limit=4&sort=title&published=true",
        "?limit=2&sort=-updated_at",
        "?limit=1&q=newer",
    ]
}

/// Where `Link` says to go on.
fn next((_, headers, _): &Answered) -> Option<String> {
    let link =
        headers.iter().find(|header| header.starts_with("link: ") && header.contains("next"))?;
    let (_, rest) = link.split_once('<')?;
    rest.split_once('>').map(|(path, _)| path.to_owned())
}

/// Status, headers and body.
type Answered = (u16, Vec<String>, String);

/// Asserts that both answer the same, and gives it.
async fn same(reference: &TestApp, app: &TestApp, request: &Request) -> Answered {
    let (expected, actual) = (send(reference, request).await, send(app, request).await);
    assert_eq!(actual, expected, "{request:?}");
    actual
}

/// What was answered, but for when.
async fn send(app: &TestApp, Request { method, path, headers, body }: &Request) -> Answered {
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
