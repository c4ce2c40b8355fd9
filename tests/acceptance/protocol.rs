use acceptance::{Answer, Case, TestApp, cases, valid_post};
use reqwest::{Method, header::CONTENT_TYPE};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(crate) const CASES: &[Case] = cases![
    head_has_the_headers_of_get_and_no_body,
    head_of_a_streamed_list_has_no_body,
    an_http_1_0_client_gets_no_chunked_encoding,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    the_root_returns_the_welcome_message,
    options_returns_the_allowed_methods,
    an_unsupported_method_is_405_with_the_allowed_methods,
    an_unknown_path_is_not_found,
    every_response_has_a_unique_request_id,
    a_valid_request_id_is_returned_and_an_invalid_one_is_replaced,
    responses_have_a_json_content_type_and_nosniff,
    a_rejected_body_does_not_break_the_next_request,
    a_long_body_to_an_unknown_path_is_404,
    a_malformed_http_request_is_400,
    repeated_slashes_in_a_path_count_as_one,
    header_names_have_their_conventional_case,
    a_browser_gets_a_page_with_links_at_the_root,
];

async fn the_root_returns_the_welcome_message(app: TestApp) {
    app.get("/").await.is(200, r#"{"message":"Welcome to the Blog API"}"#);
}

async fn a_browser_gets_a_page_with_links_at_the_root(app: TestApp) {
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    let page = app.send(app.request(Method::GET, "/").header("Accept", accept)).await;

    assert_eq!(page.status, 200);
    assert_eq!(page.header("Content-Type"), "text/html; charset=utf-8");
    assert!(page.header("Vary").contains("accept"));
    let html = page.text();
    let links: Vec<_> =
        html.split("href=\"/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links, ["api/docs/swagger", "api/posts?limit=10", "api/docs/openapi.json"]);
    for link in links {
        assert_eq!(app.get(&format!("/{link}")).await.status, 200, "{link}");
    }
    for accept in ["*/*", "application/json", "application/json, text/plain, */*"] {
        let message = app.send(app.request(Method::GET, "/").header("Accept", accept)).await;
        message.is(200, r#"{"message":"Welcome to the Blog API"}"#);
    }
}

async fn paths(app: &TestApp) -> Vec<String> {
    let post = app.given_post(&valid_post()).await;
    let paths = [
        "/",
        "/api/posts",
        "/api/posts?published=x",
        &format!("/api/posts/{}", post["id"].as_str().unwrap()),
        "/api/posts/unknown",
        "/api/docs/openapi.json",
        "/api/docs/swagger",
        "/api/docs/swagger/swagger-ui.css",
        "/nowhere",
    ];
    paths.map(str::to_owned).to_vec()
}

/// The headers that do not vary between equal requests, sorted.
fn comparable_headers(answer: &Answer) -> Vec<(String, Vec<u8>)> {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    headers.sort();
    headers
}

async fn head_has_the_headers_of_get_and_no_body(app: TestApp) {
    for path in paths(&app).await {
        let get = app.get(&path).await;

        let head = app.send(app.request(Method::HEAD, &path)).await;

        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(comparable_headers(&head), comparable_headers(&get), "{path}");
        assert_eq!(head.header("Content-Length"), get.body.len().to_string(), "{path}");
        assert_eq!(head.body, b"", "{path}");
    }
}

/// Paths with the methods that each allows.
const ALLOWED_METHODS: [(&str, &str); 5] = [
    ("/", "GET, HEAD, OPTIONS"),
    ("/api/posts", "GET, HEAD, OPTIONS, POST"),
    ("/api/posts/3257de2a-ddae-4070-90d4-1b04a367bb07", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
    ("/api/posts/unknown", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
    ("/api/docs/openapi.json", "GET, HEAD, OPTIONS"),
];

async fn options_returns_the_allowed_methods(app: TestApp) {
    for (path, allowed) in ALLOWED_METHODS {
        let answer = app.send(app.request(Method::OPTIONS, path)).await;

        answer.is(200, "");
        assert_eq!(answer.header("Allow"), allowed, "{path}");
    }
}

async fn an_unsupported_method_is_405_with_the_allowed_methods(app: TestApp) {
    for (path, allowed) in ALLOWED_METHODS {
        for method in ["LINK", "TRACE", "BREW", "get"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();

            let answer = app.send(app.request(method, path)).await;

            answer.is(
                405,
                &format!(
                    r#"{{"code":405,"message":"This path offers {allowed}.","status":"Method Not Allowed"}}"#
                ),
            );
            assert_eq!(answer.header("Allow"), allowed, "{path}");
        }
    }
}

async fn an_unknown_path_is_not_found(app: TestApp) {
    for path in ["/nowhere", "/api", "/api/posts/", "/api/posts/a/b", "/API/POSTS", "/%00"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            app.send(app.request(method, path)).await.is_not_found();
        }
    }
}

async fn every_response_has_a_unique_request_id(app: TestApp) {
    let mut names = Vec::new();
    for path in paths(&app).await {
        for method in [Method::GET, Method::PATCH, Method::OPTIONS] {
            let answer = app.send(app.request(method, &path)).await;
            names.push(answer.header("X-Request-Id").to_owned());
        }
    }

    assert!(names.iter().all(|name| !name.is_empty()), "{names:?}");
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

async fn a_valid_request_id_is_returned_and_an_invalid_one_is_replaced(app: TestApp) {
    let longest = "x".repeat(128);
    for name in ["abc", "a-b_c/1:2=", &longest] {
        let answer = app.send(app.request(Method::GET, "/").header("X-Request-Id", name)).await;

        assert_eq!(answer.header("X-Request-Id"), name);
    }
    for name in ["", "two words", "caf\u{e9}", &"x".repeat(129)] {
        let answer = app.send(app.request(Method::GET, "/").header("X-Request-Id", name)).await;

        assert_ne!(answer.headers["X-Request-Id"].as_bytes(), name.as_bytes());
        assert_ne!(answer.header("X-Request-Id"), "");
    }
}

async fn responses_have_a_json_content_type_and_nosniff(app: TestApp) {
    for path in ["/", "/api/posts", "/api/posts/unknown", "/nowhere", "/api/docs/openapi.json"] {
        let answer = app.get(path).await;

        assert_eq!(answer.header("Content-Type"), "application/json", "{path}");
        assert_eq!(answer.header("X-Content-Type-Options"), "nosniff", "{path}");
    }
}

async fn a_rejected_body_does_not_break_the_next_request(app: TestApp) {
    let body = "x".repeat(3 << 20);
    for _ in 0..3 {
        let request = app.request(Method::POST, "/api/posts").body(body.clone());

        let answer = app.send(request.header(CONTENT_TYPE, "text/plain")).await;

        assert_eq!(answer.status, 415);
        app.has_no_posts().await;
    }
}

async fn a_long_body_to_an_unknown_path_is_404(app: TestApp) {
    let request = app.request(Method::POST, "/nowhere").body("x".repeat(3 << 20));

    app.send(request).await.is_not_found();
}

async fn a_malformed_http_request_is_400(app: TestApp) {
    for malformed in ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\u{0}\r\n\r\n"] {
        let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
        stream.write_all(malformed.as_bytes()).await.unwrap();

        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();

        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    app.has_no_posts().await;
}

async fn head_of_a_streamed_list_has_no_body(app: TestApp) {
    app.given_posts(150).await;

    let head = app.send(app.request(Method::HEAD, "/api/posts")).await;

    head.is(200, "");
    assert_eq!(head.header("Content-Type"), "application/json");
    assert_eq!(app.list_posts("").await.json().as_array().unwrap().len(), 150);
}

async fn an_http_1_0_client_gets_no_chunked_encoding(app: TestApp) {
    app.given_posts(150).await;
    for header in ["", "Accept-Encoding: gzip\r\n"] {
        let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
        let request = format!("GET /api/posts HTTP/1.0\r\n{header}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();

        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();

        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        assert!(!head.contains("transfer-encoding"), "{head}");
        if header.is_empty() {
            let posts: Vec<serde_json::Value> = serde_json::from_slice(&answer[end + 4..]).unwrap();
            assert_eq!(posts.len(), 150);
        }
    }
}

async fn repeated_slashes_in_a_path_count_as_one(app: TestApp) {
    app.get("//").await.is(200, r#"{"message":"Welcome to the Blog API"}"#);
    for path in ["//api/posts", "/api//posts", "///api///posts"] {
        let post = app.send(app.request(Method::POST, path).json(&valid_post())).await;
        let id = post.json_of(201)["id"].as_str().unwrap().to_owned();
        assert_eq!(post.header("Location"), format!("/api/posts/{id}"));

        let listed = app.get(&format!("{path}?page=1&page_size=1")).await;
        assert_eq!(listed.json_of(200)[0]["id"], *id);
        assert!(listed.header("Link").starts_with("</api/posts?page=1"), "{listed:?}");
        let one = app.send(app.request(Method::DELETE, &format!("{path}//{id}"))).await;
        one.is(204, "");
    }
    app.get("/api/posts//").await.is_not_found();
}

/// Sends the bytes of a request and returns the status line and headers of the response as sent.
async fn raw_head(app: &TestApp, request: &str) -> String {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    String::from_utf8(answer[..end].to_vec()).unwrap()
}

async fn header_names_have_their_conventional_case(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let path = format!("/api/posts/{}", post["id"].as_str().unwrap());
    let unchanged = "If-None-Match: \"1\"\r\nPrefer: handling=strict\r\n";

    for (method, path, headers, status, expected) in [
        (
            "GET",
            "/api/posts?page=1",
            "",
            200,
            "Cache-Control Content-Length Content-Security-Policy Content-Type Date ETag Link Referrer-Policy Vary X-Content-Type-Options X-Pagination X-Request-Id X-Total-Count",
        ),
        (
            "GET",
            &path,
            unchanged,
            304,
            "Cache-Control Content-Security-Policy Date ETag Last-Modified Preference-Applied Referrer-Policy Vary X-Content-Type-Options X-Request-Id",
        ),
        (
            "PUT",
            &path,
            "",
            415,
            "Content-Length Content-Security-Policy Content-Type Date Referrer-Policy Vary X-Content-Type-Options X-Request-Id",
        ),
        (
            "GET",
            "/nowhere",
            "",
            404,
            "Cache-Control Content-Length Content-Security-Policy Content-Type Date Referrer-Policy Vary X-Content-Type-Options X-Request-Id",
        ),
        (
            "TRACE",
            "/",
            "",
            405,
            "Allow Content-Length Content-Security-Policy Content-Type Date Referrer-Policy Vary X-Content-Type-Options X-Request-Id",
        ),
        (
            "GET",
            "/api/docs/openapi.json",
            "Accept-Encoding: gzip\r\n",
            200,
            "Cache-Control Content-Encoding Content-Security-Policy Content-Type Date ETag Referrer-Policy Transfer-Encoding Vary X-Content-Type-Options X-Request-Id",
        ),
    ] {
        let head = raw_head(
            &app,
            &format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"),
        )
        .await;

        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        let mut names: Vec<_> =
            head.lines().skip(1).map(|line| line.split_once(':').unwrap().0).collect();
        names.retain(|name| *name != "Connection");
        names.sort_unstable();
        assert_eq!(names.join(" "), expected, "{method} {path}");
    }
}
