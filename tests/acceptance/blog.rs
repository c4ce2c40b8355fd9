use acceptance::{Adapter, Answer, TestApp};
use domain::{KeyName, KeyScope, KeyText};
use http_actix::{AuthMode, Options, RateLimit};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use server::Adapters;

/// A server with a key for each scope.
pub(crate) struct Blog {
    pub(crate) app: TestApp,
    pub(crate) adapters: Adapters,
    /// The keys with the scopes `read`, `write` and `admin`.
    pub(crate) keys: [KeyText; 3],
}

impl Blog {
    pub(crate) async fn on(adapters: Adapters, auth: AuthMode) -> Self {
        let rate_limit = RateLimit { per_second: None };
        Self::with(adapters, Options { auth, rate_limit, ..Options::default() }).await
    }

    pub(crate) async fn with(adapters: Adapters, options: Options) -> Self {
        let service = adapters.key_service();
        let mut keys = Vec::new();
        for scope in KeyScope::ALL {
            let name = KeyName::new(scope.as_str()).unwrap();
            keys.push(service.create(name, scope, None).await.unwrap());
        }
        let app = TestApp::start_with_adapters(&adapters, options);
        Self { app, adapters, keys: keys.try_into().unwrap() }
    }

    pub(crate) async fn in_memory(auth: AuthMode) -> Self {
        Self::on(memory(), auth).await
    }

    pub(crate) fn key(&self, scope: KeyScope) -> String {
        let position = KeyScope::ALL.iter().position(|each| *each == scope).unwrap();
        self.keys[position].reveal()
    }

    pub(crate) fn request(
        &self,
        key: Option<KeyScope>,
        method: Method,
        path: &str,
    ) -> RequestBuilder {
        let request = self.app.request(method, path);
        match key {
            Some(scope) => request.bearer_auth(self.key(scope)),
            None => request,
        }
    }

    pub(crate) async fn get(&self, key: Option<KeyScope>, path: &str) -> Answer {
        self.app.send(self.request(key, Method::GET, path)).await
    }

    pub(crate) async fn given_post(&self, published: bool) -> Value {
        let body = json!({ "title": "A title", "content": "Some content", "published": published });
        let request = self.request(WRITE, Method::POST, "/api/posts").json(&body);
        self.app.send(request).await.json_of(201)
    }
}

pub(crate) fn memory() -> Adapters {
    Adapters::of(Adapter::Memory.open().unwrap().0)
}

pub(crate) const NONE: Option<KeyScope> = None;
pub(crate) const READ: Option<KeyScope> = Some(KeyScope::Read);
pub(crate) const WRITE: Option<KeyScope> = Some(KeyScope::Write);
pub(crate) const ADMIN: Option<KeyScope> = Some(KeyScope::Admin);

pub(crate) fn path_of(post: &Value) -> String {
    format!("/api/posts/{}", post["id"].as_str().unwrap())
}
