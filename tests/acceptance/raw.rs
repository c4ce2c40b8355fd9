//! Requests and responses as bytes of a socket.

use std::time::Duration;

use acceptance::TestApp;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// The time after which a test fails because the server does not react.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.address()).await.unwrap()
}

/// Sends `bytes` and returns what the server sends until it closes the connection.
pub(crate) async fn exchange(app: &TestApp, bytes: &[u8]) -> String {
    let mut stream = connect(app).await;
    stream.write_all(bytes).await.unwrap();
    read_to_end(&mut stream).await
}

pub(crate) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset connection also ends the response.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the server closes");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A response: its status, the names of its headers, and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// Splits the bytes of a connection into the responses to requests with these methods. There may be
/// fewer responses than methods if a response has `Connection: close`.
pub(crate) fn responses(mut text: &str, methods: &[&str]) -> Vec<Response> {
    let mut responses = Vec::new();
    let mut is_last = false;
    for method in methods {
        if is_last {
            break;
        }
        let (head, rest) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let (status, fields) = head.split_once("\r\n").unwrap();
        let mut length = 0;
        let mut headers = Vec::new();
        for field in fields.split("\r\n") {
            let (name, value) = field.split_once(": ").unwrap();
            match name {
                "Content-Length" => length = value.parse().unwrap(),
                "Transfer-Encoding" => panic!("a Content-Length is expected: {head}"),
                "Connection" => {
                    assert_eq!(value, "close");
                    is_last = true;
                    continue;
                }
                _ => {}
            }
            headers.push(name.to_owned());
        }
        headers.sort();
        let (body, rest) = rest.split_at(if *method == "HEAD" { 0 } else { length });
        // A new post has an id and times of its own.
        let body = if status.ends_with("Created") { "a post" } else { body };
        responses.push(Response { status: status.to_owned(), headers, body: body.to_owned() });
        text = rest;
    }
    assert_eq!(text, "", "bytes after the last response");
    responses
}

pub(crate) const BODY: &str = r#"{"title":"A title","content":"Some content"}"#;

/// Requests of every method. The response to each is the same each time.
pub(crate) fn requests() -> Vec<(&'static str, String)> {
    let unknown = "/api/posts/00000000-0000-4000-8000-000000000000";
    let with_body = |method, path| {
        let length = BODY.len();
        let head = "HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
        (method, format!("{method} {path} {head}\r\nContent-Length: {length}\r\n\r\n{BODY}"))
    };
    let without_body =
        |method, path| (method, format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    vec![
        without_body("GET", "/"),
        without_body("HEAD", "/"),
        without_body("OPTIONS", "/api/posts"),
        without_body("DELETE", unknown),
        without_body("BREW", "/"),
        with_body("POST", "/nowhere"),
        with_body("POST", "/api/posts"),
        with_body("PUT", unknown),
        with_body("PATCH", unknown),
    ]
}

/// Asks the server to close the connection after a request.
pub(crate) fn closing(request: &str) -> String {
    request.replacen("Host: x", "Host: x\r\nConnection: close", 1)
}
