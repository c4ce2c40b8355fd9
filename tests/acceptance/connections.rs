use std::time::Duration;

use acceptance::{TestApp, long_post, trial};
use http_actix::{CorsOrigins, Options};
use libtest_mimic::Trial;
use serde_json::json;
use server::ConnectionLimits;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::raw::{PATIENCE, connect, exchange, requests, responses};

pub(crate) fn trials() -> [Trial; 13] {
    [
        trial("connections::a_malformed_head_gets_an_error_of_the_api", a_malformed_head),
        trial("connections::the_start_of_http_2_is_400", the_start_of_http_2),
        trial(
            "connections::a_post_with_the_text_of_a_response_is_sent_unchanged",
            text_of_a_response,
        ),
        trial(
            "connections::a_client_that_receives_50_kb_per_second_is_not_stalled",
            a_very_slow_client,
        ),
        trial("connections::a_head_that_is_too_long_is_431", a_head_that_is_too_long),
        trial("connections::a_slow_first_head_is_408", a_slow_first_head),
        trial("connections::a_slow_second_head_is_408", a_slow_second_head),
        trial("connections::an_idle_connection_is_closed", an_idle_connection),
        trial(
            "connections::a_client_that_does_not_receive_is_disconnected",
            a_client_that_does_not_receive,
        ),
        trial(
            "connections::a_slow_client_that_receives_gets_the_whole_response",
            a_slow_client_that_receives,
        ),
        trial(
            "connections::an_endless_refused_body_is_received_only_in_part",
            an_endless_refused_body,
        ),
        trial("connections::a_client_that_sends_a_refused_body_gets_the_response", a_refused_body),
        trial(
            "connections::a_short_refused_body_does_not_close_the_connection",
            a_short_refused_body,
        ),
    ]
}

/// Starts a server with limits that a test can wait for.
fn app() -> TestApp {
    let limits = ConnectionLimits {
        idle: Duration::from_millis(300),
        head: Duration::from_millis(200),
        stall: Duration::from_millis(200),
        linger: Duration::from_millis(200),
        ..ConnectionLimits::default()
    };
    TestApp::start_with_limits(Options::default(), limits)
}

async fn a_malformed_head() {
    let origin = "https://blog.example";
    let cors = CorsOrigins::parse([origin]).unwrap();
    let options = Options { cors, ..Options::default() };
    let app = TestApp::start_with_limits(options, ConnectionLimits::default());
    for head in [
        format!("nonsense\r\nOrigin: {origin}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nOrigin: {origin}\r\nHost: a\u{0}b\r\n\r\n"),
        format!("GET / HTTP/3.1\r\nOrigin: {origin}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nOrigin: {origin}\r\nA header: x\r\n\r\n"),
        format!(
            "POST / HTTP/1.1\r\nOrigin: {origin}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
        ),
        format!("POST / HTTP/1.1\r\nOrigin: {origin}\r\nContent-Length: -1\r\n\r\n"),
        // RFC 9112, section 3.2.
        format!("GET / HTTP/1.1\r\nOrigin: {origin}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nOrigin: {origin}\r\nHost: a\r\nHost: b\r\n\r\n"),
        // A path has only ASCII characters (RFC 3986, section 3.3).
        format!("GET /ä HTTP/1.1\r\nOrigin: {origin}\r\nHost: a\r\n\r\n"),
    ] {
        let text = exchange(&app, head.as_bytes()).await;

        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head:?}: {text}");
        assert!(
            text.ends_with(
                r#"{"code":400,"message":"The request is not valid HTTP/1.1.","status":"Bad Request"}"#
            ),
            "{text}"
        );
        for header in [
            "\r\nX-Request-Id: ",
            &format!("\r\nAccess-Control-Allow-Origin: {origin}\r\n"),
            "\r\nConnection: close\r\n",
            "\r\nCache-Control: no-store\r\n",
        ] {
            assert!(text.contains(header), "{header} is missing: {text}");
        }
    }
}

async fn a_head_that_is_too_long() {
    let app = app();
    let line = "x".repeat(1_000);
    let lines = 2 * ConnectionLimits::MAX_HEAD_BYTES / line.len();
    let long: String = (0..lines).map(|n| format!("X-{n}: {line}\r\n")).collect();
    let many: String =
        (0..=ConnectionLimits::MAX_HEADERS).map(|n| format!("X-{n}: 1\r\n")).collect();
    for fields in [long, many] {
        let text = exchange(&app, format!("GET / HTTP/1.1\r\n{fields}\r\n").as_bytes()).await;

        assert!(text.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{text}");
        assert!(text.ends_with(r#""status":"Request Header Fields Too Large"}"#), "{text}");
    }
}

const HEAD_TOO_SLOW: &str = r#"{"code":408,"message":"The header fields took too long to arrive.","status":"Request Timeout"}"#;

async fn a_slow_first_head() {
    let app = app();
    let start = "GET / HTTP/1.1\r\nHost";
    {
        let text = exchange(&app, start.as_bytes()).await;

        assert!(text.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{text}");
        assert!(text.ends_with(HEAD_TOO_SLOW), "{text}");
    }
}

/// The client sends three bytes of the second head every 20 ms, but never the whole head.
async fn a_slow_second_head() {
    let app = app();
    let mut stream = connect(&app).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let drip = tokio::spawn(async move {
        while writer.write_all(b"GET").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });

    let mut text = Vec::new();
    let _ = timeout(PATIENCE, reader.read_to_end(&mut text)).await.expect("the server closes");

    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert!(text.ends_with(HEAD_TOO_SLOW), "{text}");
    timeout(PATIENCE, drip).await.expect("the connection is closed").unwrap();
}

async fn an_idle_connection() {
    let app = app();

    let text = exchange(&app, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;

    assert_eq!(responses(&text, &["GET"]).len(), 1);
}

/// A request for all posts. After [`given_a_long_list`], its response has more bytes than the
/// buffers of the two sockets hold.
const LONG_LIST: &str = "GET /api/posts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

async fn given_a_long_list(app: &TestApp) {
    for _ in 0..16 {
        app.given_post(&long_post()).await;
    }
}

async fn a_client_that_does_not_receive() {
    let app = app();
    given_a_long_list(&app).await;
    let mut stream = connect(&app).await;
    stream.write_all(LONG_LIST.as_bytes()).await.unwrap();

    // A write fails once the server has closed the connection.
    let closed = async {
        while stream.write_all(b"\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };

    timeout(PATIENCE, closed).await.expect("the server closes the connection");
}

async fn a_slow_client_that_receives() {
    let limits = ConnectionLimits { stall: Duration::from_secs(1), ..ConnectionLimits::default() };
    let app = TestApp::start_with_limits(Options::default(), limits);
    given_a_long_list(&app).await;
    let mut stream = connect(&app).await;
    stream.write_all(LONG_LIST.as_bytes()).await.unwrap();

    let mut buffer = vec![0; 1 << 20];
    let mut text = String::new();
    loop {
        match timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap() {
            0 => break,
            length => text.push_str(str::from_utf8(&buffer[..length]).unwrap()),
        }
        // All pauses together are longer than the server waits for a client that receives nothing.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let is_complete = text.ends_with("]\r\n0\r\n\r\n");
    assert!(is_complete, "the response ends early, after {} bytes", text.len());
}

async fn an_endless_refused_body() {
    let app = app();
    let mut stream = connect(&app).await;
    let head = "POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));

    let mut sent = 0;
    let send = async {
        while stream.write_all(chunk.as_bytes()).await.is_ok() {
            sent += chunk.len();
        }
    };
    timeout(PATIENCE, send).await.expect("the server closes the connection");

    // The server receives at most `MAX_LINGER_BYTES`. The other bytes are in the buffers of the two
    // sockets.
    assert!(sent < ConnectionLimits::MAX_LINGER_BYTES + (16 << 20), "the client sent {sent} bytes");
}

async fn a_refused_body() {
    let app = app();
    let body = "x".repeat(3 << 20);
    let head = format!(
        "POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );

    let text = exchange(&app, [head, body].concat().as_bytes()).await;

    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    assert!(text.ends_with(r#""status":"Payload Too Large"}"#), "{text}");
}

async fn a_short_refused_body() {
    let app = app();
    let (_, post) = requests().into_iter().find(|(method, _)| *method == "POST").unwrap();
    let get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    let text = exchange(&app, [&post, get].concat().as_bytes()).await;

    assert_eq!(responses(&text, &["POST", "GET"])[1].status, "HTTP/1.1 200 OK");
}

async fn the_start_of_http_2() {
    let text = exchange(&app(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;

    assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
}

async fn text_of_a_response() {
    let app = app();
    let content = "HTTP/1.1 400 Bad Request ".repeat(2_000);
    for _ in 0..101 {
        app.given_post(&json!({ "title": "A title", "content": content })).await;
    }

    // Each client reads with a buffer of another size, so each response is written in other pieces.
    for pause in 0..20 {
        let mut stream = connect(&app).await;
        stream.write_all(LONG_LIST.as_bytes()).await.unwrap();
        let mut buffer = vec![0; 10_000 + 1_000 * pause];
        let mut text = String::new();
        loop {
            match timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap() {
                0 => break,
                length => text.push_str(str::from_utf8(&buffer[..length]).unwrap()),
            }
            tokio::task::yield_now().await;
        }

        assert!(text.ends_with("]\r\n0\r\n\r\n"));
        assert_eq!(text.matches("HTTP/1.1 400 Bad Request ").count(), 101 * 2_000);
    }
}

async fn a_very_slow_client() {
    let limits = ConnectionLimits { stall: Duration::from_secs(4), ..ConnectionLimits::default() };
    let app = TestApp::start_with_limits(Options::default(), limits);
    for _ in 0..5 {
        app.given_post(&long_post()).await;
    }
    let mut stream = connect(&app).await;
    stream.write_all(LONG_LIST.as_bytes()).await.unwrap();

    let mut buffer = vec![0; 10_000];
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_secs(12) {
        let length = timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert_ne!(length, 0, "the server closed the connection");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
