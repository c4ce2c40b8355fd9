use acceptance::{Answer, Case, TestApp, cases, valid_post};
use http_actix::{CorsOrigins, Options};
use reqwest::Method;

pub(crate) const CASES: &[Case] = cases![no_cors_headers_are_sent_without_configured_origins];

pub(crate) const CASES_WITH_ORIGINS: &[Case] = cases![
    with || with_origins(&[ALLOWED, "http://localhost:3000"]);
    preflight_from_an_allowed_origin_allows_the_api_methods_and_headers,
    an_allowed_origin_may_read_responses_and_errors,
    another_origin_gets_no_cors_headers,
    every_preflight_returns_the_allowed_methods_and_headers,
    an_options_request_that_is_no_preflight_returns_allow,
];

pub(crate) const CASES_WITH_ANY_ORIGIN: &[Case] = cases![
    with || with_origins(&["*"]);
    a_wildcard_allows_any_origin_without_credentials,
];

const ALLOWED: &str = "https://blog.example";
const OTHER: &str = "https://other.example";

fn with_origins(origins: &[&str]) -> Options {
    let cors = CorsOrigins::parse(origins.iter().copied()).unwrap();
    Options { cors, ..Options::default() }
}

async fn preflight(app: &TestApp, path: &str, origin: &str, method: &str, headers: &str) -> Answer {
    let request = app
        .request(Method::OPTIONS, path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", headers);
    app.send(request).await
}

async fn get_from(app: &TestApp, origin: &str, path: &str) -> Answer {
    app.send(app.request(Method::GET, path).header("Origin", origin)).await
}

/// The values of a comma-separated header, in lower case and sorted.
fn list_values(answer: &Answer, header: &str) -> Vec<String> {
    let mut values: Vec<String> =
        answer.header(header).split(',').map(|value| value.trim().to_ascii_lowercase()).collect();
    values.sort();
    values
}

fn has_no_cors_headers(answer: &Answer) -> bool {
    !answer.headers.contains_key("Access-Control-Allow-Origin")
}

async fn no_cors_headers_are_sent_without_configured_origins(app: TestApp) {
    assert!(has_no_cors_headers(&get_from(&app, ALLOWED, "/api/posts").await));
    let answer = preflight(&app, "/api/posts", ALLOWED, "POST", "content-type").await;
    assert!(has_no_cors_headers(&answer));
    assert_eq!(answer.header("Allow"), "GET, HEAD, OPTIONS, POST");
}

async fn preflight_from_an_allowed_origin_allows_the_api_methods_and_headers(app: TestApp) {
    let headers = "authorization,content-type,if-match,if-none-match,idempotency-key,prefer,\
                   x-request-id,accept,x-requested-with,cache-control,pragma,traceparent,tracestate,baggage";
    for origin in [ALLOWED, "http://localhost:3000"] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = preflight(&app, "/api/posts/x", origin, method, headers).await;

            assert_eq!(answer.status, 200, "{method}");
            assert_eq!(answer.header("Access-Control-Allow-Origin"), origin);
            assert_eq!(
                list_values(&answer, "Access-Control-Allow-Methods"),
                ["delete", "get", "head", "patch", "post", "put"]
            );
            for header in headers.split(',') {
                let allowed = list_values(&answer, "Access-Control-Allow-Headers");
                assert!(allowed.iter().any(|name| name == header), "{header}");
            }
            assert!(!answer.headers.contains_key("Access-Control-Allow-Credentials"));
        }
    }
}

async fn an_allowed_origin_may_read_responses_and_errors(app: TestApp) {
    app.given_post(&valid_post()).await;

    for path in ["/api/posts?page=1", "/api/posts/unknown", "/api/posts?page=0", "/nowhere"] {
        let answer = get_from(&app, ALLOWED, path).await;

        assert_eq!(answer.header("Access-Control-Allow-Origin"), ALLOWED, "{path}");
        assert_eq!(
            list_values(&answer, "Access-Control-Expose-Headers"),
            [
                "etag",
                "idempotent-replayed",
                "link",
                "location",
                "preference-applied",
                "retry-after",
                "x-pagination",
                "x-request-id",
                "x-total-count",
            ]
        );
        assert!(list_values(&answer, "Vary").contains(&"origin".to_owned()), "{path}");
    }
}

async fn another_origin_gets_no_cors_headers(app: TestApp) {
    for origin in [OTHER, "http://blog.example", "https://blog.example:8443", "null"] {
        let answer = get_from(&app, origin, "/api/posts").await;

        answer.is(200, "[]");
        assert!(has_no_cors_headers(&answer), "{origin}");
        assert!(list_values(&answer, "Vary").contains(&"origin".to_owned()));
    }
}

async fn every_preflight_returns_the_allowed_methods_and_headers(app: TestApp) {
    for (origin, path, method, headers) in [
        (ALLOWED, "/api/posts", "POST", "content-type"),
        (ALLOWED, "/api/posts", "LINK", "content-type"),
        (ALLOWED, "/api/posts", "get", "x-unknown"),
        (ALLOWED, "/nowhere", "POST", ""),
        (ALLOWED, "/", "POST", "not a name"),
        (OTHER, "/api/posts", "POST", "content-type"),
        ("null", "/api/posts", "POST", "content-type"),
        ("not an origin", "/api/posts", "POST", "content-type"),
    ] {
        let answer = preflight(&app, path, origin, method, headers).await;

        assert_eq!(answer.status, 200, "{origin} {path} {method} {headers}");
        assert!(list_values(&answer, "Access-Control-Allow-Methods").contains(&"patch".to_owned()));
        assert!(
            list_values(&answer, "Access-Control-Allow-Headers").contains(&"if-match".to_owned())
        );
        let allowed = answer.header("Access-Control-Allow-Origin");
        assert_eq!(allowed, if origin == ALLOWED { ALLOWED } else { "" }, "{origin}");
    }
}

async fn an_options_request_that_is_no_preflight_returns_allow(app: TestApp) {
    let request = app.request(Method::OPTIONS, "/api/posts").header("Origin", ALLOWED);

    assert_eq!(app.send(request).await.header("Allow"), "GET, HEAD, OPTIONS, POST");
}

async fn a_wildcard_allows_any_origin_without_credentials(app: TestApp) {
    let answer = get_from(&app, OTHER, "/api/posts").await;

    assert_eq!(answer.header("Access-Control-Allow-Origin"), "*");
    assert!(!answer.headers.contains_key("Access-Control-Allow-Credentials"));
}
