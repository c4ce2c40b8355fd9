//! Requests to the HTTP API.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_http::Request;
use actix_web::{
    Error,
    body::{MessageBody, to_bytes},
    dev::{Decompress, Service, ServiceResponse},
    http::{
        Method, StatusCode, Uri,
        header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    },
    rt::time::timeout,
    test::{TestRequest, init_service},
    web::Bytes,
};
use domain::{
    Content, NewPost, Post, PostId, Secret, Timestamp, Title,
    ports::{Clock, IdGenerator, PostRepository as _, SecretGenerator},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http_actix::{Api, CorsOrigins, Limits, Options, app};
use serde_json::Value;
use server::{Adapters, compose};
use storage_memory::MemoryPostRepository;
use uuid::Uuid;

use crate::{block_on, resettable_store::ResettableStore};

/// The line between the two requests of an input.
const SEPARATOR: &[u8] = b"\n%%\n";

/// The maximum time for one response.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends one or two requests to the application, with a memory store. Before each input, the store
/// has one published post, with the UUID 1, and one draft, with the UUID 2.
///
/// An input is the text of one or two HTTP/1.1 requests, with two differences. A line ends with
/// only a line feed. The request line has no HTTP version. The line `%%` separates two requests.
/// This function ignores invalid header fields, and requests with an invalid request line.
///
/// # Panics
///
/// - A response has a status of 500 or more.
/// - A response is not complete in time.
/// - A body does not match its content coding or its media type.
/// - An error has no JSON body.
/// - A response has no `X-Request-Id`.
pub fn http_requests(data: &[u8]) {
    let (first, second) = split(data, SEPARATOR);
    let requests: Vec<_> = [first, second].into_iter().filter_map(parse).collect();
    if requests.is_empty() {
        return;
    }
    thread_local! {
        static FIXTURE: Rc<Fixture> = Rc::new(Fixture::new());
    }
    let fixture = FIXTURE.with(Rc::clone);
    block_on(async {
        let app = init_service(app(&fixture.reset().await)).await;
        for (method, request) in requests {
            let response = timeout(TIMEOUT, check(&app, method, request)).await;
            response.expect("the response is not complete in time");
        }
    });
}

/// Splits `data` at the first separator. The second part is empty if there is no separator.
fn split<'a>(data: &'a [u8], separator: &[u8]) -> (&'a [u8], &'a [u8]) {
    match data.windows(separator.len()).position(|window| window == separator) {
        Some(at) => (&data[..at], &data[at + separator.len()..]),
        None => (data, &[]),
    }
}

/// Parses a request. Returns `None` if its request line is not valid.
fn parse(data: &[u8]) -> Option<(Method, TestRequest)> {
    let (head, body) = split(data, b"\n\n");
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, uri) = split(lines.next()?, b" ");
    let method = Method::from_bytes(method).ok()?;
    let uri = str::from_utf8(uri).ok().filter(|uri| Uri::try_from(*uri).is_ok())?;
    let mut request = TestRequest::with_uri(uri).method(method.clone());
    for line in lines {
        let (name, value) = split(line, b":");
        let value = value.trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            request = request.append_header((name, value));
        }
    }
    // This body has no `Content-Length`, unless the input has the header.
    Some((method, request.set_payload(body.to_vec())))
}

/// The API, and the state to reset before each input. All inputs share the API, because it is slow
/// to create the OpenAPI document.
struct Fixture {
    api: Api,
    store: Arc<ResettableStore>,
    post_ids: Arc<Counter>,
}

impl Fixture {
    /// Creates the API, with CORS and a small limit for bodies.
    fn new() -> Self {
        let (store, post_ids) = (Arc::<ResettableStore>::default(), Arc::<Counter>::default());
        let adapters = Adapters {
            posts: store.clone(),
            clock: Arc::new(FixedClock),
            ids: post_ids.clone(),
            secrets: Arc::new(FixedSecret),
            ..Adapters::of(Arc::new(MemoryPostRepository::default()))
        };
        let options = Options {
            limits: Limits { body_bytes: 1024, body_time: TIMEOUT },
            cors: CorsOrigins::parse(["http://localhost:5173"]).unwrap(),
            ..Options::default()
        };
        Self { api: compose(&adapters, options), store, post_ids }
    }

    /// Stores the two posts and returns the API.
    async fn reset(&self) -> Api {
        self.store.reset();
        self.post_ids.0.store(0, Ordering::Relaxed);
        for published in [true, false] {
            let title = Title::new("A title").unwrap();
            let content = Content::new("Some searchable content").unwrap();
            let new = NewPost { published, ..NewPost::new(title, content) };
            let post = Post::create(PostId::new(self.post_ids.generate()), new, FixedClock.now());
            self.store.insert(&post).await.unwrap();
        }
        self.api.clone()
    }
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap()
    }
}

struct FixedSecret;

impl SecretGenerator for FixedSecret {
    fn generate(&self) -> Result<Secret, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Secret::new([7; Secret::BYTES]))
    }
}

/// Generates the UUIDs 1, 2 and so on, so that an input always gets the same responses.
#[derive(Default)]
struct Counter(AtomicU64);

impl IdGenerator for Counter {
    fn generate(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

/// Sends a request and checks the response.
async fn check(
    app: &impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = Error>,
    method: Method,
    request: TestRequest,
) {
    let response = app.call(request.to_request()).await.expect("the application returned an error");
    let (status, headers) = (response.status(), response.headers().clone());
    assert!(status.as_u16() < 500, "{status}");
    assert!(headers.contains_key("x-request-id"), "{status} without X-Request-Id");
    if method == Method::HEAD {
        // A connection drops the body of a response to `HEAD` without reading it.
        return;
    }
    let body = to_bytes(response.into_body()).await.map_err(Into::into);
    let body = body.unwrap_or_else(|error| panic!("{status}: {error}"));
    if [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status) {
        assert!(body.is_empty(), "{status} with a body");
        return;
    }
    let body = decode(body, &headers).await;
    let is_error = status.is_client_error();
    if is_error || (is_json(&headers) && !body.is_empty()) {
        let json = serde_json::from_slice::<Value>(&body);
        let json = json.unwrap_or_else(|error| panic!("{status} {headers:?}: {error}"));
        assert!(!is_error || (is_json(&headers) && json.is_object()), "{status} {headers:?}");
    }
}

/// Decodes the content coding of a body.
async fn decode(body: Bytes, headers: &HeaderMap) -> Vec<u8> {
    let chunks = Decompress::from_headers(stream::iter([Ok(body)]), headers);
    let decoded: Vec<Bytes> = chunks.boxed_local().try_collect().await.unwrap();
    decoded.concat()
}

/// Returns whether the media type is `application/json` or ends with `+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence == "application/json" || essence.ends_with("+json")
    })
}
