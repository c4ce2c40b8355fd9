use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use acceptance::{Adapter, Answer, TestApp, cache_is_off, trial, valid_post};
use domain::{
    Content, KeyScope, MAX_STALENESS, NewPost, Post, PostId, Timestamp, Title,
    ports::{MockPostRepository, RepositoryError},
};
use futures::future::{LocalBoxFuture, join_all};
use http_actix::{AuthMode, CorsOrigins, Options, RateLimit};
use libtest_mimic::Trial;
use reqwest::{
    Method,
    header::{CONTENT_LENGTH, DATE, TRANSFER_ENCODING},
};
use serde_json::{Value, json};
use server::{Adapters, storage::Storage};
use uuid::Uuid;

use crate::blog::{Blog, NONE, READ, WRITE, memory, path_of};

/// The adapters whose responses are kept.
const KEPT: [Adapter; 2] = [Adapter::Memory, Adapter::Sqlite];

/// Returns no tests if the cache is off.
pub(crate) fn trials() -> Vec<Trial> {
    if cache_is_off() {
        return Vec::new();
    }
    let mut trials = vec![
        trial("kept_responses::equal_reads_need_one_read_of_the_store", equal_reads),
        trial("kept_responses::a_failure_of_the_store_is_not_kept", a_failure_is_not_kept),
        trial("kept_responses::rate_limits_count_kept_responses", rate_limits_count),
        trial("kept_responses::a_revoked_key_gets_no_kept_response", a_revoked_key),
        trial("kept_responses::nothing_is_kept_when_the_cache_is_off", the_cache_is_off),
        trial("kept_responses::a_write_by_another_server_is_seen_in_time", another_server),
    ];
    for adapter in KEPT {
        let mut case = |name: &str, test: fn(Adapter) -> LocalBoxFuture<'static, ()>| {
            let name = format!("{}::kept_responses::{name}", adapter.name());
            trials.push(trial(&name, async move || test(adapter).await));
        };
        case("a_write_is_seen_by_the_next_read", |adapter| Box::pin(a_write_is_seen(adapter)));
        case("drafts_are_kept_apart", |adapter| Box::pin(drafts_are_kept_apart(adapter)));
        case("responses_are_the_same_without_the_cache", |adapter| {
            Box::pin(the_same_responses(adapter))
        });
    }
    trials
}

fn post() -> Post {
    let new = NewPost::new(Title::new("A title").unwrap(), Content::new("Some content").unwrap());
    Post::create(PostId::new(Uuid::from_u128(1)), new, Timestamp::from_unix_micros(0).unwrap())
}

/// A store of one post. Counts its reads in the first value. Its first `failures` reads fail.
fn counting_store(failures: u32) -> (Arc<AtomicU32>, Arc<MockPostRepository>) {
    let reads = Arc::<AtomicU32>::default();
    let counter = Arc::clone(&reads);
    let mut posts = MockPostRepository::new();
    posts.expect_find().returning(move |_, _| {
        if counter.fetch_add(1, Ordering::Relaxed) < failures {
            return Err(RepositoryError::Unavailable("a test".into()));
        }
        Ok(Some(post()))
    });
    (reads, Arc::new(posts))
}

async fn equal_reads() {
    let (reads, posts) = counting_store(0);
    let app = TestApp::start_on(posts, Options::default());

    let id = post().id().to_string();
    let answers = join_all((0..50).map(|_| app.get_post(&id))).await;
    let later = app.get_post(&id).await;

    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (later.status, &later.body));
        assert_ne!(answer.header("X-Request-Id"), later.header("X-Request-Id"));
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1);
}

async fn a_failure_is_not_kept() {
    let (_, posts) = counting_store(1);
    let app = TestApp::start_on(posts, Options::default());
    let id = post().id().to_string();

    let statuses = [app.get_post(&id).await.status, app.get_post(&id).await.status];

    assert_eq!(statuses.map(|status| status.as_u16()), [503, 200]);
}

async fn the_cache_is_off() {
    let (reads, posts) = counting_store(0);
    let app = TestApp::start_on(posts, Options { cache_bytes: 0, ..Options::default() });

    for _ in 0..3 {
        assert_eq!(app.get_post(&post().id().to_string()).await.status, 200);
    }

    assert_eq!(reads.load(Ordering::Relaxed), 3);
    assert_eq!(app.cache_statistics().bytes, 0);
}

async fn rate_limits_count() {
    let rate_limit = RateLimit { per_second: std::num::NonZeroU32::new(1) };
    let options = Options { auth: AuthMode::Writes, rate_limit, ..Options::default() };
    let burst = usize::try_from(RateLimit::BURST_SECONDS).unwrap();
    let blog = Blog::with(memory(), options).await;
    let path = path_of(&blog.given_post(true).await);

    let mut statuses = Vec::new();
    for _ in 0..burst + 5 {
        statuses.push(blog.get(NONE, &path).await.status.as_u16());
    }

    assert!(statuses[..burst].iter().all(|status| *status == 200), "{statuses:?}");
    assert!(statuses[burst..].contains(&429), "{statuses:?}");
    assert!(blog.app.cache_statistics().hits > 0);
}

async fn a_revoked_key() {
    let blog = Blog::in_memory(AuthMode::Writes).await;
    let path = path_of(&blog.given_post(false).await);
    for _ in 0..2 {
        assert_eq!(blog.get(READ, &path).await.status, 200);
    }
    assert!(blog.app.cache_statistics().hits > 0);

    blog.adapters.key_service().revoke(blog.keys[0].id).await.unwrap();

    assert_eq!(blog.get(READ, &path).await.status, 401);
}

/// Opens a store two times, as two servers do.
async fn another_server() {
    let (url, _folder) = Adapter::Sqlite.url().unwrap();
    let [app, other] = [(); 2].map(|()| {
        let store = url.parse::<Storage>().unwrap().open().unwrap();
        TestApp::start_with_adapters(&Adapters::of(store), Options::default())
    });
    let post = app.given_post(&valid_post()).await;
    let id = post["id"].as_str().unwrap();
    for n in 0..20 {
        let title = format!("Title {n}");
        until_kept(&app, id).await;

        other.patch_post(id, &json!({ "title": title })).await.json_of(200);
        let written = Instant::now();

        loop {
            let asked = written.elapsed();
            if app.get_post(id).await.json()["title"] == title {
                break;
            }
            assert!(asked < MAX_STALENESS, "the write {n} is not seen");
        }
    }
}

/// Reads a post until the response comes from the cache.
async fn until_kept(app: &TestApp, id: &str) {
    let hits = app.cache_statistics().hits;
    while app.cache_statistics().hits == hits {
        app.get_post(id).await;
    }
}

/// The reads whose responses contain a post.
const READS: [(&str, &[(&str, &str)]); 4] = [
    ("/api/posts/{id}", &[]),
    ("/api/posts/{id}?fields=title", &[("accept-encoding", "gzip")]),
    ("/api/posts?limit=5", &[]),
    ("/api/posts?page=1&q=title", &[("accept-encoding", "br")]),
];

async fn a_write_is_seen(adapter: Adapter) {
    let app = TestApp::start_with(adapter, Options::default()).unwrap();
    let read = async |id: &str| {
        let mut tags = Vec::new();
        for (path, headers) in READS {
            for _ in 0..3 {
                let mut request = app.request(Method::GET, &path.replace("{id}", id));
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                tags.push(app.send(request).await.header("ETag").to_owned());
            }
        }
        tags
    };
    let all_differ = |one: &[String], other: &[String]| {
        assert!(one.iter().zip(other).all(|(one, other)| one != other), "{one:?} {other:?}");
    };
    let post = app.given_post(&valid_post()).await;
    let id = post["id"].as_str().unwrap();
    for n in 0..30 {
        let before = read(id).await;

        app.patch_post(id, &json!({ "title": format!("Title {n}") })).await.json_of(200);

        let after = read(id).await;
        all_differ(&before, &after);
    }
    app.delete_post(id).await;
    for (path, _) in READS {
        let answer = app.get(&path.replace("{id}", id)).await;
        assert!(!answer.text().contains("Title"), "{answer:?}");
    }
    assert!(app.cache_statistics().hits > 0);
}

async fn drafts_are_kept_apart(adapter: Adapter) {
    let (store, _resources) = adapter.open().unwrap();
    let blog = Blog::on(Adapters::of(store), AuthMode::Writes).await;
    let draft = path_of(&blog.given_post(false).await);
    blog.given_post(true).await;

    for n in 0..100 {
        // Each caller comes first at some time after a change.
        if n % 10 == 0 {
            blog.given_post(true).await;
        }
        for key in [[NONE, READ, WRITE], [WRITE, NONE, READ]][n % 2] {
            let is_known = |scope: Option<KeyScope>| scope.is_some();
            let answer = blog.get(key, &draft).await;
            assert_eq!(answer.status, if is_known(key) { 200 } else { 404 });
            let list = blog.get(key, "/api/posts?limit=100&published=false").await;
            assert_eq!(list.json().as_array().unwrap().len(), usize::from(is_known(key)));
        }
    }

    assert!(blog.app.cache_statistics().hits > 0);
}

/// Pseudo-random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % limit
    }

    fn pick<'a, T: ?Sized>(&mut self, values: &[&'a T]) -> &'a T {
        let index = self.below(values.len() as u64);
        values[index as usize]
    }
}

/// The values of the headers that can change a response to a read. An empty value is a header that
/// is not sent.
const HEADERS: [(&str, &[&str]); 8] = [
    ("accept", &["", "", "application/problem+json", "text/html"]),
    ("accept-encoding", &["", "", "gzip", "br;q=0.5", "identity;q=0", "*;q=0"]),
    ("prefer", &["", "", "handling=strict"]),
    ("origin", &["", "", "https://a.example", "https://b.example"]),
    ("if-none-match", &["", "", "\"1\"", "W/\"1\"", "\"2-gzip\"", "*"]),
    ("if-match", &["", "", "", "\"1\"", "*"]),
    ("if-modified-since", &["", "", "Thu, 27 Feb 2025 10:49:38 GMT"]),
    ("authorization", &["", "", "", "Bearer x"]),
];

const QUERIES: [&str; 8] = [
    "",
    "?limit=2",
    "?page=1",
    "?page=1&page_size=2",
    "?limit=2&x=1",
    "?fields=id",
    "?limit=x",
    "?",
];

/// Sends the same requests to a server with a cache and to one without.
async fn the_same_responses(adapter: Adapter) {
    const REQUESTS: usize = 2_000;
    const POSTS: u64 = 12;
    let apps = [Options::CACHE_BYTES, 0].map(|cache_bytes| {
        let cors = CorsOrigins::parse(["https://a.example"]).unwrap();
        let options = Options { cache_bytes, cors, ..Options::default() };
        TestApp::start_repeatable(adapter, options).unwrap()
    });
    let mut random = Random(7);
    for number in 0..REQUESTS {
        // Every request takes an id, and the first requests create posts.
        let one = format!("/api/posts/{}", Uuid::from_u128(u128::from(random.below(POSTS))));
        let path = random.pick(&["/api/posts", &one, &one]).to_owned();
        let kind = if number < POSTS as usize { 0 } else { random.below(60) };
        let (method, path, body) = match kind {
            0 => (Method::POST, "/api/posts".to_owned(), Some(valid_post())),
            1 => (Method::DELETE, one, None),
            2..5 => {
                let title = format!("Title {number}");
                (Method::PATCH, one, Some(json!({ "title": title })))
            }
            5..8 => (Method::HEAD, path, None),
            _ => (Method::GET, path + random.pick(&QUERIES), None),
        };
        let mut headers = Vec::new();
        if body.is_none() {
            headers.extend(HEADERS.map(|(name, values)| (name, random.pick(values))));
        }
        headers.retain(|(_, value)| !value.is_empty());

        let mut answers = Vec::new();
        for app in &apps {
            answers.push(send(app, &method, &path, &headers, body.as_ref()).await);
        }
        assert_eq!(answers[0], answers[1], "{number}: {method} {path} {headers:?}");
    }
    assert!(apps[0].cache_statistics().hits > 0);
    assert_eq!(apps[1].cache_statistics().hits, 0);
}

/// Returns the status, the headers and the body. Omits the time, and the headers that say how the
/// body is divided into chunks.
async fn send(
    app: &TestApp,
    method: &Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let mut request = app.request(method.clone(), path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let Answer { status, mut headers, body } = app.send(request).await;
    for name in [DATE, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let mut headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (status.as_u16(), headers, body)
}
