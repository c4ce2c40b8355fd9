use acceptance::{Answer, Case, TestApp, cases, valid_post};
use http_actix::{CorsOrigins, Options};
use reqwest::Method;

pub(crate) const CASES: &[Case] = cases![without_origins_nobody_is_let_in];

pub(crate) const CASES_WITH_ORIGINS: &[Case] = cases![
    with || with_origins(&[MINE, "http://localhost:3000"]);
    a_script_of_a_named_origin_may_send_what_the_api_takes,
    a_script_of_a_named_origin_may_read_answers_and_errors,
    a_script_of_another_origin_may_not,
    a_preflight_is_always_answered_with_what_is_allowed,
    options_without_a_preflight_says_what_is_offered,
];

pub(crate) const CASES_WITH_ANY_ORIGIN: &[Case] = cases![
    with || with_origins(&["*"]);
    any_origin_is_let_in_without_credentials,
];

const MINE: &str = "https://blog.example";
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

async fn from(app: &TestApp, origin: &str, path: &str) -> Answer {
    app.send(app.request(Method::GET, path).header("Origin", origin)).await
}

/// The names in a header that lists some, in small letters and sorted.
fn names(answer: &Answer, header: &str) -> Vec<String> {
    let mut names: Vec<String> =
        answer.header(header).split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    names.sort();
    names
}

fn has_no_cors_headers(answer: &Answer) -> bool {
    !answer.headers.contains_key("Access-Control-Allow-Origin")
}

async fn without_origins_nobody_is_let_in(app: TestApp) {
    assert!(has_no_cors_headers(&from(&app, MINE, "/api/posts").await));
    let answer = preflight(&app, "/api/posts", MINE, "POST", "content-type").await;
    assert!(has_no_cors_headers(&answer));
    assert_eq!(answer.header("Allow"), "GET, HEAD, OPTIONS, POST");
}

async fn a_script_of_a_named_origin_may_send_what_the_api_takes(app: TestApp) {
    let headers = "authorization,content-type,if-match,if-none-match,idempotency-key,prefer,\
                   x-request-id,accept,x-requested-with,cache-control,pragma,traceparent,tracestate,baggage";
    for origin in [MINE, "http://localhost:3000"] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = preflight(&app, "/api/posts/x", origin, method, headers).await;

            assert_eq!(answer.status, 200, "{method}");
            assert_eq!(answer.header("Access-Control-Allow-Origin"), origin);
            assert_eq!(
                names(&answer, "Access-Control-Allow-Methods"),
                ["delete", "get", "head", "patch", "post", "put"]
            );
            for header in headers.split(',') {
                let allowed = names(&answer, "Access-Control-Allow-Headers");
                assert!(allowed.iter().any(|name| name == header), "{header}");
            }
            assert!(!answer.headers.contains_key("Access-Control-Allow-Credentials"));
        }
    }
}

async fn a_script_of_a_named_origin_may_read_answers_and_errors(app: TestApp) {
    app.given_post(&valid_post()).await;

    for path in ["/api/posts?page=1", "/api/posts/unknown", "/api/posts?page=0", "/nowhere"] {
        let answer = from(&app, MINE, path).await;

        assert_eq!(answer.header("Access-Control-Allow-Origin"), MINE, "{path}");
        assert_eq!(
            names(&answer, "Access-Control-Expose-Headers"),
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
        assert!(names(&answer, "Vary").contains(&"origin".to_owned()), "{path}");
    }
}

async fn a_script_of_another_origin_may_not(app: TestApp) {
    for origin in [OTHER, "http://blog.example", "https://blog.example:8443", "null"] {
        let answer = from(&app, origin, "/api/posts").await;

        answer.is(200, "[]");
        assert!(has_no_cors_headers(&answer), "{origin}");
        assert!(names(&answer, "Vary").contains(&"origin".to_owned()));
    }
}

async fn a_preflight_is_always_answered_with_what_is_allowed(app: TestApp) {
    for (origin, path, method, headers) in [
        (MINE, "/api/posts", "POST", "content-type"),
        (MINE, "/api/posts", "LINK", "content-type"),
        (MINE, "/api/posts", "get", "x-unknown"),
        (MINE, "/nowhere", "POST", ""),
        (MINE, "/", "POST", "not a name"),
        (OTHER, "/api/posts", "POST", "content-type"),
        ("null", "/api/posts", "POST", "content-type"),
        ("not an origin", "/api/posts", "POST", "content-type"),
    ] {
        let answer = preflight(&app, path, origin, method, headers).await;

        assert_eq!(answer.status, 200, "{origin} {path} {method} {headers}");
        assert!(names(&answer, "Access-Control-Allow-Methods").contains(&"patch".to_owned()));
        assert!(names(&answer, "Access-Control-Allow-Headers").contains(&"if-match".to_owned()));
        let allowed = answer.header("Access-Control-Allow-Origin");
        assert_eq!(allowed, if origin == MINE { MINE } else { "" }, "{origin}");
    }
}

async fn options_without_a_preflight_says_what_is_offered(app: TestApp) {
    let request = app.request(Method::OPTIONS, "/api/posts").header("Origin", MINE);

    assert_eq!(app.send(request).await.header("Allow"), "GET, HEAD, OPTIONS, POST");
}

async fn any_origin_is_let_in_without_credentials(app: TestApp) {
    let answer = from(&app, OTHER, "/api/posts").await;

    assert_eq!(answer.header("Access-Control-Allow-Origin"), "*");
    assert!(!answer.headers.contains_key("Access-Control-Allow-Credentials"));
}
