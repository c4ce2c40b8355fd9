use std::time::Duration;

use acceptance::{Adapter, Answer, TestApp, in_system, trial, valid_post};
use domain::{KeyId, KeyName, KeyScope, KeyText, Secret};
use http_actix::{AuthMode, CorsOrigins, KnownHosts, Options};
use libtest_mimic::{Completion, Trial};
use reqwest::Method;
use serde_json::{Value, json};
use server::Adapters;
use uuid::Uuid;

use crate::{
    blog::{ADMIN, Blog, NONE, READ, WRITE, memory, path_of},
    get_post::UNKNOWN_ID,
};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("auth::every_route_requires_its_scope_in_every_mode", every_route_requires_its_scope),
        trial(
            "auth::an_encoded_path_requires_the_same_scope",
            an_encoded_path_requires_the_same_scope,
        ),
        trial("auth::every_broken_key_gets_the_same_401", every_broken_key_gets_the_same_401),
        trial(
            "auth::an_invalid_key_is_401_where_none_is_needed",
            an_invalid_key_where_none_is_needed,
        ),
        trial("auth::without_keys_only_known_hosts_are_answered", only_known_hosts_are_answered),
        trial("auth::without_keys_other_sites_cannot_write", other_sites_cannot_write),
        trial("auth::responses_to_a_key_are_not_stored", responses_to_a_key_are_not_stored),
    ];
    for adapter in Adapter::ALL {
        let mut case =
            |name: &str, run: fn(Blog) -> futures::future::LocalBoxFuture<'static, ()>| {
                let name = format!("{}::auth::{name}", adapter.name());
                trials.push(Trial::ignorable_test(name, move || {
                    in_system(async move || match adapter.open() {
                        Ok((store, _resources)) => {
                            run(Blog::on(Adapters::of(store), AuthMode::Writes).await).await;
                            Ok(Completion::Completed)
                        }
                        Err(missing) => missing.completion(),
                    })
                }));
            };
        case("a_draft_exists_only_for_callers_with_a_key", |blog| {
            Box::pin(a_draft_exists_only_for_callers_with_a_key(blog))
        });
        case("a_cursor_is_bound_to_what_its_caller_may_see", |blog| {
            Box::pin(a_cursor_is_bound_to_what_its_caller_may_see(blog))
        });
        case("an_idempotency_key_belongs_to_an_api_key", |blog| {
            Box::pin(an_idempotency_key_belongs_to_an_api_key(blog))
        });
        case("a_revoked_or_rotated_key_is_invalid", |blog| {
            Box::pin(a_revoked_or_rotated_key_is_invalid(blog))
        });
        case("a_preview_shows_one_draft_until_it_is_revoked", |blog| {
            Box::pin(a_preview_shows_one_draft_until_it_is_revoked(blog))
        });
    }
    trials
}

/// The expected statuses. Each row has the mode, the method and the path. Then it has the status
/// without a key, and with a key of the scopes `read`, `write` and `admin`.
const ACCESS: &str = "\
off     GET     /                             200 200 200 200
off     GET     /docs                         303 303 303 303
off     GET     /api/docs                     303 303 303 303
off     GET     /api/docs/openapi.json        200 200 200 200
off     GET     /api/docs/swagger             200 200 200 200
off     GET     /api/docs/swagger/init.js     200 200 200 200
off     GET     /api/docs/swagger/swagger-ui.css 200 200 200 200
off     GET     /api/posts                    200 200 200 200
off     HEAD    /api/posts                    200 200 200 200
off     OPTIONS /api/posts                    200 200 200 200
off     POST    /api/posts                    422 422 422 422
off     PUT     /api/posts                    405 405 405 405
off     BREW    /api/posts                    405 405 405 405
off     GET     /api/posts/ID                 404 404 404 404
off     HEAD    /api/posts/ID                 404 404 404 404
off     PUT     /api/posts/ID                 422 422 422 422
off     PATCH   /api/posts/ID                 404 404 404 404
off     DELETE  /api/posts/ID                 404 404 404 404
off     POST    /api/posts/ID                 405 405 405 405
off     POST    /api/posts/ID/preview         404 404 404 404
off     GET     /api/posts/ID/preview         405 405 405 405
off     GET     /nothing                      404 404 404 404
off     POST    /nothing                      404 404 404 404
writes  GET     /                             200 200 200 200
writes  GET     /docs                         303 303 303 303
writes  GET     /api/docs                     303 303 303 303
writes  GET     /api/docs/openapi.json        200 200 200 200
writes  GET     /api/docs/swagger             200 200 200 200
writes  GET     /api/docs/swagger/init.js     200 200 200 200
writes  GET     /api/docs/swagger/swagger-ui.css 200 200 200 200
writes  GET     /api/posts                    200 200 200 200
writes  HEAD    /api/posts                    200 200 200 200
writes  OPTIONS /api/posts                    200 200 200 200
writes  POST    /api/posts                    401 403 422 422
writes  PUT     /api/posts                    401 403 405 405
writes  BREW    /api/posts                    401 403 405 405
writes  GET     /api/posts/ID                 404 404 404 404
writes  HEAD    /api/posts/ID                 404 404 404 404
writes  PUT     /api/posts/ID                 401 403 422 422
writes  PATCH   /api/posts/ID                 401 403 404 404
writes  DELETE  /api/posts/ID                 401 403 404 404
writes  POST    /api/posts/ID                 401 403 405 405
writes  POST    /api/posts/ID/preview         401 403 404 404
writes  GET     /api/posts/ID/preview         405 405 405 405
writes  GET     /nothing                      404 404 404 404
writes  POST    /nothing                      401 403 404 404
all     GET     /                             401 200 200 200
all     GET     /docs                         401 303 303 303
all     GET     /api/docs                     401 303 303 303
all     GET     /api/docs/openapi.json        401 200 200 200
all     GET     /api/docs/swagger             401 200 200 200
all     GET     /api/docs/swagger/init.js     401 200 200 200
all     GET     /api/docs/swagger/swagger-ui.css 401 200 200 200
all     GET     /api/posts                    401 200 200 200
all     HEAD    /api/posts                    401 200 200 200
all     OPTIONS /api/posts                    401 200 200 200
all     POST    /api/posts                    401 403 422 422
all     PUT     /api/posts                    401 403 405 405
all     BREW    /api/posts                    401 403 405 405
all     GET     /api/posts/ID                 401 404 404 404
all     HEAD    /api/posts/ID                 401 404 404 404
all     PUT     /api/posts/ID                 401 403 422 422
all     PATCH   /api/posts/ID                 401 403 404 404
all     DELETE  /api/posts/ID                 401 403 404 404
all     POST    /api/posts/ID                 401 403 405 405
all     POST    /api/posts/ID/preview         401 403 404 404
all     GET     /api/posts/ID/preview         401 405 405 405
all     GET     /nothing                      401 404 404 404
all     POST    /nothing                      401 403 404 404
";

async fn every_route_requires_its_scope() {
    for auth in AuthMode::ALL {
        let mut blog = Blog::in_memory(auth).await;
        blog.app.client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        for line in ACCESS.lines().filter(|line| line.starts_with(auth.as_str())) {
            let mut columns = line.split_whitespace().skip(1);
            let (method, path) = (columns.next().unwrap(), columns.next().unwrap());
            let url = path.replace("ID", UNKNOWN_ID);
            let method: Method = method.parse().unwrap();
            let mut row = format!("{auth:7} {:7} {path:29}", method.as_str());
            for caller in [NONE, READ, WRITE, ADMIN] {
                let mut request = blog.request(caller, method.clone(), &url);
                if !["GET", "HEAD", "OPTIONS", "DELETE"].contains(&method.as_str()) {
                    request = request.json(&json!({}));
                }
                let answer = blog.app.send(request).await;
                row += &format!(" {}", answer.status.as_u16());
                assert_explains(&answer, &method);
            }
            assert_eq!(row, line);
            print_row(&row);
        }
    }
}

/// The first letter of two segments is percent-encoded.
async fn an_encoded_path_requires_the_same_scope() {
    for auth in AuthMode::ALL {
        let blog = Blog::in_memory(auth).await;
        let draft = blog.given_post(false).await;
        let preview = blog.request(WRITE, Method::POST, &format!("{}/preview", path_of(&draft)));
        let preview = blog.app.send(preview).await.json_of(201);
        let token = preview["token"].as_str().unwrap();
        for path in ["/api/posts".to_owned(), format!("{}?preview={token}", path_of(&draft))] {
            let encoded = path.replacen("/a", "/%61", 1).replacen("/p", "/%70", 1);
            for method in [Method::GET, Method::POST, Method::PUT] {
                let request = |path: &str| blog.app.send(blog.request(NONE, method.clone(), path));
                let (plain, other) = (request(&path).await, request(&encoded).await);

                assert_eq!(plain.status, other.status, "{auth} {method} {path}");
                assert_eq!(plain.text(), other.text());
            }
        }
    }
}

/// Prints a row of the table to the output of the test.
#[allow(clippy::print_stdout, reason = "a test may print")]
fn print_row(row: &str) {
    println!("{row}");
}

/// Asserts that a 401 contains the authentication scheme, and that a 403 contains the needed scope.
fn assert_explains(answer: &Answer, method: &Method) {
    match answer.status.as_u16() {
        401 => {
            assert_eq!(answer.header("WWW-Authenticate"), "Bearer");
            if *method != Method::HEAD {
                answer.is(401, UNAUTHORIZED);
            }
        }
        403 => answer.is(
            403,
            r#"{"code":403,"message":"This request needs an API key with the scope write.","status":"Forbidden"}"#,
        ),
        _ => assert_eq!(answer.header("WWW-Authenticate"), ""),
    }
}

const UNAUTHORIZED: &str = r#"{"code":401,"message":"A valid API key is needed: send it as Authorization: Bearer KEY.","status":"Unauthorized"}"#;

async fn every_broken_key_gets_the_same_401() {
    let blog = Blog::in_memory(AuthMode::Writes).await;
    let service = blog.adapters.key_service();
    let name = || KeyName::new("broken").unwrap();
    let revoked = service.create(name(), KeyScope::Write, None).await.unwrap();
    service.revoke(revoked.id).await.unwrap();
    let expired = service.create(name(), KeyScope::Write, Some(Duration::ZERO)).await.unwrap();
    let valid = blog.keys[1];
    let of_another_store = KeyText { id: KeyId::new(Uuid::from_u128(7)), ..valid };
    let with_another_secret = KeyText { secret: Secret::new([7; 32]), ..valid };
    let text = valid.reveal();
    let last = if text.ends_with('0') { "1" } else { "0" };
    let wrong_checksum = format!("{}{last}", &text[..text.len() - 1]);

    for authorization in [
        format!("Bearer {}", &text[..text.len() - 1]),
        format!("Bearer {}", &text[..20]),
        format!("Bearer {wrong_checksum}"),
        format!("Bearer {}", revoked.reveal()),
        format!("Bearer {}", expired.reveal()),
        format!("Bearer {}", of_another_store.reveal()),
        format!("Bearer {}", with_another_secret.reveal()),
        format!("Bearer {}", "x".repeat(10_000)),
        "Bearer".to_owned(),
        format!("Basic {text}"),
        text.clone(),
    ] {
        let request = blog.app.request(Method::POST, "/api/posts").json(&valid_post());
        let answer = blog.app.send(request.header("Authorization", &authorization)).await;

        answer.is(401, UNAUTHORIZED);
        assert_eq!(answer.header("WWW-Authenticate"), "Bearer");
        assert_eq!(answer.header("Cache-Control"), "no-store");
    }
}

async fn an_invalid_key_where_none_is_needed() {
    let blog = Blog::in_memory(AuthMode::Writes).await;
    let request = blog.app.request(Method::GET, "/api/posts").bearer_auth("blog_x");

    blog.app.send(request).await.is(401, UNAUTHORIZED);
}

async fn only_known_hosts_are_answered() {
    let options = Options { known_hosts: KnownHosts::Loopback, ..Options::default() };
    let app = TestApp::start_with_adapters(&memory(), options);
    let to = |host: &str| app.request(Method::GET, "/api/posts").header("Host", host);

    app.send(to("evil.example")).await.is(
        421,
        r#"{"code":421,"message":"This server answers only requests to localhost.","status":"Misdirected Request"}"#,
    );
    for host in ["localhost:5000", "127.0.0.1", "[::1]:5000"] {
        assert_eq!(app.send(to(host)).await.status, 200, "{host}");
    }
}

async fn other_sites_cannot_write() {
    let cors = CorsOrigins::parse(["https://blog.example"]).unwrap();
    let app = TestApp::start_with_adapters(&memory(), Options { cors, ..Options::default() });
    let write = |origin: &str, site: &str| {
        let request = app.request(Method::POST, "/api/posts").json(&valid_post());
        request.header("Origin", origin).header("Sec-Fetch-Site", site)
    };

    app.send(write("https://evil.example", "cross-site")).await.is(
        403,
        r#"{"code":403,"message":"Pages of other sites cannot write to this server.","status":"Forbidden"}"#,
    );
    for (origin, site) in [
        ("https://blog.example", "cross-site"),
        ("http://localhost:3000", "same-site"),
        ("http://127.0.0.1:5000", "same-origin"),
    ] {
        assert_eq!(app.send(write(origin, site)).await.status, 201, "{origin}");
    }
}

async fn responses_to_a_key_are_not_stored() {
    let blog = Blog::in_memory(AuthMode::Writes).await;
    let post = blog.given_post(true).await;

    for path in ["/api/posts?limit=5".to_owned(), path_of(&post)] {
        let (public, private) = (blog.get(NONE, &path).await, blog.get(READ, &path).await);

        assert_eq!(public.header("Cache-Control"), "no-cache");
        assert_eq!(private.header("Cache-Control"), "no-store");
        assert!(public.header("Vary").contains("authorization"), "{}", public.header("Vary"));
    }
}

async fn a_draft_exists_only_for_callers_with_a_key(blog: Blog) {
    let (post, draft) = (blog.given_post(true).await, blog.given_post(false).await);

    for scope in [READ, WRITE, ADMIN] {
        assert_eq!(blog.get(scope, &path_of(&draft)).await.json_of(200), draft);
        let all = blog.get(scope, "/api/posts").await.json_of(200);
        assert_eq!(all, json!([draft, post]));
        let public = blog.get(scope, "/api/posts?published=true").await.json_of(200);
        assert_eq!(public, json!([post]));
    }
    blog.get(NONE, &path_of(&draft)).await.is_not_found();
    assert_eq!(blog.get(NONE, "/api/posts").await.json_of(200), json!([post]));
    assert_eq!(blog.get(NONE, "/api/posts?published=false").await.json_of(200), json!([]));
    let page = blog.get(NONE, "/api/posts?page=1").await;
    assert_eq!(page.header("X-Total-Count"), "1");
}

async fn a_cursor_is_bound_to_what_its_caller_may_see(blog: Blog) {
    for published in [true, false, true] {
        blog.given_post(published).await;
    }
    let page = blog.get(READ, "/api/posts?limit=1").await;
    let next = page.header("Link").split(['<', '>']).nth(1).unwrap().to_owned();

    assert_eq!(blog.get(READ, &next).await.status, 200);
    assert_eq!(blog.get(NONE, &next).await.status, 422);
}

async fn an_idempotency_key_belongs_to_an_api_key(blog: Blog) {
    let create = |scope| {
        let request = blog.request(scope, Method::POST, "/api/posts").json(&valid_post());
        blog.app.send(request.header("Idempotency-Key", "the-same"))
    };

    let first = create(WRITE).await.json_of(201);
    let other = create(ADMIN).await.json_of(201);
    let repeated = create(WRITE).await;

    assert_ne!(first["id"], other["id"]);
    assert_eq!(repeated.header("Idempotent-Replayed"), "true");
    assert_eq!(repeated.json_of(201), first);
}

async fn a_revoked_or_rotated_key_is_invalid(blog: Blog) {
    let service = blog.adapters.key_service();
    let get = |key: KeyText| {
        blog.app.send(blog.app.request(Method::GET, "/api/posts").bearer_auth(key.reveal()))
    };
    let [read, write, _] = blog.keys;
    assert_eq!(get(read).await.status, 200);

    service.revoke(read.id).await.unwrap();
    let rotated = service.rotate(write.id).await.unwrap();

    assert_eq!(get(read).await.status, 401);
    assert_eq!(get(write).await.status, 401);
    assert_eq!(get(rotated).await.status, 200);
}

async fn a_preview_shows_one_draft_until_it_is_revoked(blog: Blog) {
    let (draft, other) = (blog.given_post(false).await, blog.given_post(false).await);
    let preview = |body: Option<Value>| {
        let path = format!("{}/preview", path_of(&draft));
        let request = blog.request(WRITE, Method::POST, &path);
        blog.app.send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
    };
    let created = preview(None).await;
    let token = created.json_of(201)["token"].as_str().unwrap().to_owned();
    let shown = |post: &Value, token: &str| {
        let path = format!("{}?preview={token}", path_of(post));
        async { blog.app.send(blog.app.request(Method::GET, &{ path })).await }
    };

    let answer = shown(&draft, &token).await;
    assert_eq!(answer.header("Cache-Control"), "no-store");
    assert_eq!(answer.json_of(200), draft);
    shown(&other, &token).await.is_not_found();
    shown(&draft, "").await.is_not_found();
    shown(&draft, &token.replace('-', "0-")).await.is_not_found();
    blog.get(NONE, &path_of(&draft)).await.is_not_found();
    // The token shows the current version of the post.
    let patch = blog.request(WRITE, Method::PATCH, &path_of(&draft));
    blog.app.send(patch.json(&json!({ "title": "A new title" }))).await.json_of(200);
    assert_eq!(shown(&draft, &token).await.json_of(200)["title"], "A new title");

    preview(Some(json!({ "expires_in": 0 }))).await.is_invalid_body(json!({
        "expires_in": ["Must be greater than or equal to 1 and less than or equal to 2592000."]
    }));
    preview(Some(json!({ "expires_in": 2_592_000 }))).await.json_of(201);
    blog.adapters.preview_service().revoke_all().await.unwrap();
    shown(&draft, &token).await.is_not_found();
}
