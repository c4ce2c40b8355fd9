//! A server for one test, and its client.

use std::{any::Any, env, future::pending, net::TcpListener, sync::Arc};

use domain::ports::PostRepository;
use http_actix::{Api, CacheStatistics, Options};
use libtest_mimic::Trial;
use reqwest::{Client, Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::{Value, json};
use server::{Adapters, Application, ConnectionLimits, ServerLimits};
use storage_contract::Missing;

use crate::{
    Adapter, Answer, documented,
    repeatable::{CountingIds, TickingClock},
};

/// A request body that creates a post.
pub fn valid_post() -> Value {
    json!({ "title": "A title", "content": "Some content" })
}

/// A request body that creates a post with a text of almost 1 MiB.
pub fn long_post() -> Value {
    json!({ "title": "A long post", "content": "x".repeat(1_000_000) })
}

/// Runs an async test in an actix system, which a server needs.
pub fn in_system<T>(test: impl AsyncFnOnce() -> T) -> T {
    actix_web::rt::System::new().block_on(test())
}

/// Returns a test case that runs `test` with [`in_system`].
pub fn trial(name: &str, test: impl AsyncFnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        in_system(test);
        Ok(())
    })
}

/// Whether the environment variable `TEST_CACHE` is `off`. Then no server has a cache.
pub fn cache_is_off() -> bool {
    env::var("TEST_CACHE").as_deref() == Ok("off")
}

fn compose(adapters: &Adapters, mut options: Options) -> Api {
    if cache_is_off() {
        options.cache_bytes = 0;
    }
    server::compose(adapters, options)
}

/// A server on a free port, with the same application as the program, and a client for it.
pub struct TestApp {
    /// The base URL, without a trailing slash.
    pub url: String,
    pub client: Client,
    api: Api,
    _resources: Box<dyn Any>,
}

impl TestApp {
    /// Starts a server on a new, empty store. Call it inside [`in_system`].
    ///
    /// # Errors
    ///
    /// Fails when the adapter needs something that is missing, such as a PostgreSQL server.
    pub fn start(adapter: Adapter) -> Result<Self, Missing> {
        Self::start_with(adapter, Options::default())
    }

    /// Starts a server with the given options.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`start`](Self::start).
    pub fn start_with(adapter: Adapter, options: Options) -> Result<Self, Missing> {
        let (store, resources) = adapter.open()?;
        let app = Self::serve(&compose(&Adapters::of(store), options));
        Ok(Self { _resources: resources, ..app })
    }

    /// Starts a server whose clock and ids are deterministic.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`start`](Self::start).
    pub fn start_repeatable(adapter: Adapter, options: Options) -> Result<Self, Missing> {
        let (store, resources) = adapter.open()?;
        let adapters = Adapters {
            clock: Arc::new(TickingClock::default()),
            ids: Arc::new(CountingIds::default()),
            ..Adapters::of(store)
        };
        let app = Self::serve(&compose(&adapters, options));
        Ok(Self { _resources: resources, ..app })
    }

    /// Starts a server on the given store of posts.
    pub fn start_on(posts: Arc<dyn PostRepository>, options: Options) -> Self {
        let (store, _) = Adapter::Memory.open().unwrap();
        Self::serve(&compose(&Adapters { posts, ..Adapters::of(store) }, options))
    }

    /// Starts a server with the given adapters.
    pub fn start_with_adapters(adapters: &Adapters, options: Options) -> Self {
        Self::serve(&compose(adapters, options))
    }

    /// Starts a server with the given limits of connections, on a new store in memory.
    pub fn start_with_limits(options: Options, connection: ConnectionLimits) -> Self {
        let (store, _) = Adapter::Memory.open().unwrap();
        let limits = ServerLimits { workers: Some(1), connection, ..ServerLimits::default() };
        Self::serve_with(&compose(&Adapters::of(store), options), &limits)
    }

    /// How often the server's cache was used, and its size.
    pub fn cache_statistics(&self) -> CacheStatistics {
        self.api.cache_statistics()
    }

    /// The address of the server.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    fn serve(api: &Api) -> Self {
        let limits = ServerLimits { workers: Some(1), ..ServerLimits::default() };
        Self::serve_with(api, &limits)
    }

    fn serve_with(api: &Api, limits: &ServerLimits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let application = Application::build(listener, api, limits, pending()).unwrap();
        let url = format!("http://{}", application.address());
        actix_web::rt::spawn(application.run_until_stopped());
        Self { url, client: Client::new(), api: api.clone(), _resources: Box::new(()) }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends a request and returns the response.
    ///
    /// Asserts that the OpenAPI document lists every header of the response, and that the body of a
    /// 422 has `errors`.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, url) = (request.method().clone(), request.url().clone());
        let answer = Answer::read(client.execute(request).await.unwrap()).await;
        let status = answer.status.as_u16();
        documented::assert_headers(&method, url.path(), status, &answer.headers);
        documented::assert_errors(status, &answer.body);
        answer
    }

    /// Sends a `GET` request to any path.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn create_post(&self, body: &Value) -> Answer {
        self.send(self.request(Method::POST, "/api/posts").json(body)).await
    }

    /// Sends a `POST` with the given bytes as a JSON body, valid or not.
    pub async fn create_post_with_raw_body(&self, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, "/api/posts");
        self.send(request.header(CONTENT_TYPE, "application/json").body(body)).await
    }

    /// Lists posts. `query` starts with a question mark or is "".
    pub async fn list_posts(&self, query: &str) -> Answer {
        self.get(&format!("/api/posts{query}")).await
    }

    pub async fn get_post(&self, id: &str) -> Answer {
        self.get(&format!("/api/posts/{id}")).await
    }

    pub async fn replace_post(&self, id: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, &format!("/api/posts/{id}")).json(body)).await
    }

    /// Sends a `PATCH` with a JSON Merge Patch.
    pub async fn patch_post(&self, id: &str, body: &Value) -> Answer {
        let request = self.request(Method::PATCH, &format!("/api/posts/{id}"));
        let request = request.header(CONTENT_TYPE, "application/merge-patch+json");
        self.send(request.body(body.to_string())).await
    }

    pub async fn delete_post(&self, id: &str) -> Answer {
        self.send(self.request(Method::DELETE, &format!("/api/posts/{id}"))).await
    }

    /// Creates a post that a test needs, and returns it.
    pub async fn given_post(&self, body: &Value) -> Value {
        self.create_post(body).await.json_of(201)
    }

    /// Creates `count` posts and returns them, the newest first.
    pub async fn given_posts(&self, count: usize) -> Vec<Value> {
        let mut posts = Vec::new();
        for n in 1..=count {
            let body = json!({ "title": format!("Title {n}"), "content": "Some content" });
            posts.insert(0, self.given_post(&body).await);
        }
        posts
    }

    /// Asserts that the store has no posts.
    pub async fn has_no_posts(&self) {
        self.list_posts("").await.is(200, "[]");
    }
}
