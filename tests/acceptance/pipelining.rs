use std::time::Duration;

use acceptance::{Adapter, TestApp, cache_is_off, long_post, trial, valid_post};
use http_actix::Options;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use server::ConnectionLimits;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::raw::{BODY, PATIENCE, closing, connect, exchange, read_to_end, requests, responses};

pub(crate) fn trials() -> [Trial; 8] {
    [
        trial(
            "pipelining::pipelined_requests_get_the_responses_of_single_requests",
            pipelined_requests,
        ),
        trial(
            "pipelining::a_request_after_connection_close_is_not_executed",
            a_request_after_close,
        ),
        trial(
            "pipelining::a_body_after_a_request_to_upgrade_is_read",
            a_body_after_a_request_to_upgrade,
        ),
        trial("pipelining::a_read_inside_another_request_is_not_answered", a_read_inside_a_request),
        trial(
            "pipelining::every_read_of_a_client_that_does_not_receive_yet_is_answered",
            reads_before_responses,
        ),
        trial("pipelining::unusual_reads_get_the_same_response_without_the_cache", unusual_reads),
        trial("pipelining::a_half_closed_client_gets_its_responses", a_half_closed_client),
        trial(
            "pipelining::a_request_during_a_slow_response_does_not_end_it",
            a_request_during_a_response,
        ),
    ]
}

fn app() -> TestApp {
    TestApp::start_with_limits(Options::default(), ConnectionLimits::default())
}

/// Creates a post, and reads it so that the server keeps the response. Returns the path.
async fn given_a_kept_post(app: &TestApp, post: &Value) -> String {
    let post = app.given_post(post).await;
    let id = post["id"].as_str().unwrap();
    app.get_post(id).await.json_of(200);
    format!("/api/posts/{id}")
}

fn without_body(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

async fn pipelined_requests() {
    let app = TestApp::start_with_limits(Options::default(), ConnectionLimits::default());
    let kept = given_a_kept_post(&app, &valid_post()).await;
    let mut requests = requests();
    requests.extend(["GET", "HEAD"].map(|method| (method, without_body(method, &kept))));
    let mut single = Vec::new();
    for (method, request) in &requests {
        let text = exchange(&app, closing(request).as_bytes()).await;
        single.push(responses(&text, &[*method]).remove(0));
    }

    for (first, (first_method, first_request)) in requests.iter().enumerate() {
        for (second, (second_method, second_request)) in requests.iter().enumerate() {
            let bytes = [first_request.clone(), closing(second_request)].concat();
            // Sends one packet, or two packets that are split at each possible position.
            for split in 0..bytes.len() {
                let (start, end) = bytes.split_at(split);
                let mut stream = connect(&app).await;
                stream.set_nodelay(true).unwrap();
                stream.write_all(start.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
                stream.write_all(end.as_bytes()).await.unwrap();

                let text = read_to_end(&mut stream).await;

                let answers = responses(&text, &[first_method, second_method]);
                // The server refuses the body of a request to `/nowhere`. It closes the connection
                // if the rest of that body has not arrived yet.
                let is_closed = answers.len() == 1 && first_request.contains("/nowhere");
                let expected = [&single[first], &single[second]];
                assert!(
                    answers.iter().eq(expected) || (is_closed && answers[0] == single[first]),
                    "{first_request:?} and {second_request:?}, split at {split}: {answers:?}"
                );
            }
        }
    }
}

async fn a_request_after_close() {
    let app = app();
    let get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let (_, post) = requests().into_iter().find(|(method, _)| *method == "POST").unwrap();
    let post = post.replace("/nowhere", "/api/posts");

    let text = exchange(&app, [get, &post].concat().as_bytes()).await;

    assert_eq!(responses(&text, &["GET"]).len(), 1);
    app.has_no_posts().await;
}

async fn a_body_after_a_request_to_upgrade() {
    let app = app();
    let request = format!(
        "POST /api/posts HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );

    let text = exchange(&app, request.as_bytes()).await;

    assert!(text.starts_with("HTTP/1.1 201 "), "{text}");
}

/// The text of a read arrives as a part of the head or of the body of another request.
async fn a_read_inside_a_request() {
    let app = app();
    let title = "A title that is not in the requests";
    let path = given_a_kept_post(&app, &json!({ "title": title, "content": "Some content" })).await;
    let read = without_body("GET", &path);
    let head = "POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let length = read.len();
    for (start, interim, end) in [
        (format!("{head}X-Text: "), "", ""),
        (format!("{head}Content-Length: {length}\r\n\r\n"), "", ""),
        (
            format!("{head}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n",
            "",
        ),
        (format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n"), "", "\r\n0\r\n\r\n"),
        // A line that ends without a CR.
        (format!("GET / HTTP/1.1\nHost: x\n\n{head}X-Text: "), "", ""),
    ] {
        for before in ["", &read] {
            let mut stream = connect(&app).await;
            stream.set_nodelay(true).unwrap();
            stream.write_all([before, &start].concat().as_bytes()).await.unwrap();
            // The rest is sent when the server has read the start.
            let awaited = if before.is_empty() { interim } else { title };
            let mut received = String::new();
            while !received.contains(awaited) {
                let mut byte = [0];
                stream.read_exact(&mut byte).await.unwrap();
                received.push(char::from(byte[0]));
            }
            stream.write_all([&read, end].concat().as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();

            let text = received + &read_to_end(&mut stream).await;

            let answered = text.matches(title).count();
            assert_eq!(answered, usize::from(!before.is_empty()), "{start:?}: {text}");
        }
    }
}

/// The responses fill the buffers of the two sockets.
async fn reads_before_responses() {
    const READS: usize = 300;
    let app = app();
    let content = "A word. ".repeat(5_000);
    let post = json!({ "title": "A title", "content": content });
    let read = without_body("GET", &given_a_kept_post(&app, &post).await);
    let mut stream = connect(&app).await;
    stream.set_nodelay(true).unwrap();
    for _ in 0..READS - 1 {
        stream.write_all(read.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
    }
    stream.write_all(closing(&read).as_bytes()).await.unwrap();

    let text = read_to_end(&mut stream).await;

    let responses = responses(&text, &["GET"; READS]);
    assert_eq!(responses.len(), READS);
    assert!(responses.iter().all(|response| response.body == responses[0].body));
    assert!(responses[0].body.contains(&content));
}

async fn unusual_reads() {
    let apps = [Options::CACHE_BYTES, 0].map(|cache_bytes| {
        let options = Options { cache_bytes, ..Options::default() };
        TestApp::start_repeatable(Adapter::Memory, options).unwrap()
    });
    let mut path = String::new();
    for app in &apps {
        path = given_a_kept_post(app, &valid_post()).await;
    }
    for request in [
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("\r\nGET {path} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHOST:x\r\nConnection: Keep-Alive\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nX y: z\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n"),
        format!("GET {path} HTTP/1.1\nHost: x\n\n"),
        format!("GET {path} HTTP/1.0\r\nHost: x\r\n\r\n"),
        format!("GET {path} HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"),
        format!("GET http://x{path} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET {path}#part HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET {path}? HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("get {path} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("OPTIONS {path} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(100)),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: an-id\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: not an id\r\n\r\n"),
    ] {
        let mut answers = Vec::new();
        for app in &apps {
            // The second response comes from the cache.
            for _ in 0..2 {
                let mut stream = connect(app).await;
                stream.write_all(request.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
                answers.push(comparable(&read_to_end(&mut stream).await));
            }
        }

        assert_ne!(answers[0], "", "{request:?}");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{request:?}: {answers:#?}");
    }
    assert!(cache_is_off() || apps[0].cache_statistics().hits > 0);
}

/// Returns a response with its fields in order, without the time and without a generated request id.
fn comparable(response: &str) -> String {
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((response, ""));
    let mut lines: Vec<_> = head
        .split("\r\n")
        .filter(|line| !line.starts_with("Date: "))
        .map(
            |line| {
                if line.starts_with("X-Request-Id: 0") { "X-Request-Id: generated" } else { line }
            },
        )
        .collect();
    lines.sort_unstable();
    format!("{}\n\n{body}", lines.join("\n"))
}

async fn a_half_closed_client() {
    let app = app();
    let (_, post) = requests().into_iter().find(|(method, _)| *method == "POST").unwrap();
    let mut stream = connect(&app).await;
    stream.write_all([&*post, &post].concat().as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();

    let text = read_to_end(&mut stream).await;

    assert_eq!(responses(&text, &["POST", "POST"]).len(), 2);
}

/// Sending the response takes longer than the deadline for a head and the deadline for an idle
/// connection.
async fn a_request_during_a_response() {
    let limits = ConnectionLimits {
        idle: Duration::from_millis(300),
        head: Duration::from_millis(200),
        ..ConnectionLimits::default()
    };
    let app = TestApp::start_with_limits(Options::default(), limits);
    for _ in 0..5 {
        app.given_post(&long_post()).await;
    }
    let list = "GET /api/posts?page=1&page_size=1 HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut stream = connect(&app).await;
    stream.write_all(list.as_bytes()).await.unwrap();
    let mut text = vec![0; 100];
    stream.read_exact(&mut text).await.unwrap();
    stream.write_all(closing("GET / HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();

    let mut buffer = vec![0; 100_000];
    loop {
        match timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap() {
            0 => break,
            length => text.extend_from_slice(&buffer[..length]),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let statuses: Vec<_> = responses(str::from_utf8(&text).unwrap(), &["GET", "GET"])
        .into_iter()
        .map(|response| response.status)
        .collect();
    assert_eq!(statuses, ["HTTP/1.1 200 OK"; 2]);
}
