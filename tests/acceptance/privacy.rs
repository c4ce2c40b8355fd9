use std::collections::BTreeMap;

use acceptance::{Adapter, Answer, TestApp, in_system};
use domain::{
    Content, NewPost, Post, PostId, Precondition, Scope, Timestamp, Title, ports::BlogStore,
};
use http_actix::{AuthMode, Options, RateLimit};
use libtest_mimic::{Completion, Trial};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use server::Adapters;
use uuid::Uuid;

/// Tests that no response to a client without a key depends on the drafts in the store.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    Adapter::ALL.into_iter().map(|adapter| {
        let name = format!("{}::privacy::drafts_change_no_response", adapter.name());
        Trial::ignorable_test(name, move || {
            in_system(async move || {
                let (with, without) = match (adapter.open(), adapter.open()) {
                    (Ok(with), Ok(without)) => (with, without),
                    (Err(missing), _) | (_, Err(missing)) => return missing.completion(),
                };
                fill(&*with.0, &*without.0).await;
                let apps = [with.0, without.0].map(|store| {
                    let options = Options {
                        auth: AuthMode::Writes,
                        rate_limit: RateLimit { per_second: None },
                        ..Options::default()
                    };
                    TestApp::start_with_adapters(&Adapters::of(store), options)
                });
                compare(&apps).await;
                Ok(Completion::Completed)
            })
        })
    })
}

const PUBLIC_POSTS: u32 = 60;
const DRAFTS: u32 = 1_000;

/// Returns the post with a number. Public posts have even numbers, and drafts have odd numbers
/// between them. So each order of a list has drafts between public posts.
fn post(number: u32, published: bool) -> Post {
    let kind = if published { "public" } else { "secret" };
    let title = Title::new(format!("Title {} {kind}", number % 7)).unwrap();
    let content = Content::new(format!("common {kind} word{} {number}", number % 5)).unwrap();
    let new = NewPost { published, ..NewPost::new(title, content) };
    let at = Timestamp::from_unix_micros(i64::from(number) * 1_000_000).unwrap();
    Post::create(id(number), new, at)
}

fn id(number: u32) -> PostId {
    PostId::new(Uuid::from_u128(u128::from(number) << 64 | 7))
}

const fn public_number(number: u32) -> u32 {
    number * DRAFTS / PUBLIC_POSTS * 2
}

const fn draft_number(number: u32) -> u32 {
    number * 2 + 1
}

/// Inserts the same public posts into both stores, and drafts into `with`. Some of the drafts are
/// published and then become drafts again.
async fn fill(with: &dyn BlogStore, without: &dyn BlogStore) {
    let public: Vec<_> = (0..PUBLIC_POSTS).map(|n| post(public_number(n), true)).collect();
    let drafts: Vec<_> = (0..DRAFTS).map(|n| post(draft_number(n), false)).collect();
    with.insert_all(&drafts).await.unwrap();
    for store in [with, without] {
        store.insert_all(&public).await.unwrap();
    }
    for number in (0..DRAFTS).step_by(50) {
        let id = id(draft_number(number));
        for published in [Some(true), Some(false)] {
            let changes = domain::PostChanges { published, ..Default::default() };
            let at = Timestamp::from_unix_micros(4_000_000_000).unwrap();
            let update = with.update(id, Scope::Everything, &changes, &Precondition::NONE, at);
            update.await.unwrap();
        }
    }
}

/// Sends the same requests to both servers and compares every byte of the responses.
async fn compare(apps: &[TestApp; 2]) {
    let mut compared = 0;
    for list in lists() {
        let mut next = Some(format!("/api/posts{list}"));
        while let Some(path) = next {
            let page = same(apps, &path, |app| app.request(Method::GET, &path)).await;
            same(apps, &path, |app| app.request(Method::HEAD, &path)).await;
            let tag = page.header("ETag").to_owned();
            same(apps, &path, |app| {
                app.request(Method::GET, &path).header("If-None-Match", tag.clone())
            })
            .await;
            compared += 3;
            next = next_page(&page);
        }
    }
    for number in [draft_number(0), draft_number(500), public_number(3), 1_000_000] {
        for request in on_one_post(&format!("/api/posts/{}", id(number))) {
            same(apps, &format!("{request:?}"), |app| request.on(app)).await;
            compared += 1;
        }
    }
    for path in ["/", "/api/docs/openapi.json", "/api/posts/x", "/api/posts?cursor=x&limit=1"] {
        same(apps, path, |app| app.request(Method::GET, path)).await;
        compared += 1;
    }
    assert!(compared > 1_000, "only {compared} requests were compared");
}

/// Returns queries of lists, with each parameter alone and with other parameters.
fn lists() -> Vec<String> {
    let mut lists = Vec::new();
    let searches =
        ["", "q=common", "q=secret", "q=public", "q=word3", "q=title+4", "q=secret+word1"];
    for published in ["", "published=true", "published=false"] {
        for search in searches {
            for sort in ["", "sort=created_at", "sort=-updated_at", "sort=title", "sort=-title"] {
                for paging in ["", "page=1", "page=2&page_size=7", "page=900", "limit=25"] {
                    let parameters = [published, search, sort, paging];
                    let parameters: Vec<_> =
                        parameters.into_iter().filter(|text| !text.is_empty()).collect();
                    lists.push(format!("?{}", parameters.join("&")));
                }
            }
        }
    }
    lists.push("?fields=id".to_owned());
    lists.push("?preview=x".to_owned());
    lists
}

#[derive(Debug)]
struct OnePost {
    method: Method,
    path: String,
    header: (&'static str, &'static str),
}

impl OnePost {
    fn on(&self, app: &TestApp) -> RequestBuilder {
        let Self { method, path, header: (name, value) } = self;
        let request = app.request(method.clone(), path).header(*name, *value);
        if ["PUT", "PATCH", "POST"].contains(&method.as_str()) {
            request.json(&json!({ "title": "A title", "content": "Some content" }))
        } else {
            request
        }
    }
}

/// Returns requests for one post, with each method, parameter and condition.
fn on_one_post(path: &str) -> Vec<OnePost> {
    let headers = [
        ("X-Test", "1"),
        ("If-None-Match", "\"1\""),
        ("If-None-Match", "*"),
        ("If-Match", "\"1\""),
        ("If-Match", "\"7\""),
        ("If-Modified-Since", "Thu, 27 Feb 2025 10:49:38 GMT"),
        ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Accept", "application/problem+json"),
        ("Prefer", "handling=strict"),
        ("Idempotency-Key", "key"),
    ];
    let mut requests = Vec::new();
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "BREW"] {
        for suffix in ["", "?fields=id", "?preview=1-00", "/preview", "/other"] {
            for header in headers {
                let (method, path) = (method.parse().unwrap(), format!("{path}{suffix}"));
                requests.push(OnePost { method, path, header });
            }
        }
    }
    requests
}

/// Sends a request to both servers. Asserts that the responses are equal, and returns one of them.
async fn same(
    apps: &[TestApp; 2],
    name: &str,
    request: impl Fn(&TestApp) -> RequestBuilder,
) -> Answer {
    let [with, without] = apps;
    let send = |app| TestApp::send(app, request(app).header("X-Request-Id", "the-same"));
    let (with, without) = (send(with).await, send(without).await);
    assert_eq!(visible(&with), visible(&without), "{name}");
    let text = String::from_utf8_lossy(&with.body);
    assert!(!text.contains("secret"), "{name}: {text}");
    with
}

/// Returns the status, the headers and the body of a response, without the `Date` header.
fn visible(answer: &Answer) -> (u16, BTreeMap<String, Vec<u8>>, &[u8]) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    (answer.status.as_u16(), headers.collect(), &answer.body)
}

fn next_page(answer: &Answer) -> Option<String> {
    let links = answer.header("Link").split(", ");
    let next = links.into_iter().find(|link| link.ends_with("rel=\"next\""))?;
    // Follows only cursor links, because there are too many numbered pages.
    next.contains("cursor=").then(|| next.split(['<', '>']).nth(1).unwrap().to_owned())
}
