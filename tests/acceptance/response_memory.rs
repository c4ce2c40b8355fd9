use std::time::Duration;

use acceptance::{TestApp, in_system};

use http_actix::Options;
use libtest_mimic::Trial;
use reqwest::Method;
use serde_json::json;
use server::ConnectionLimits;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

pub(crate) fn trials() -> [Trial; 1] {
    let name = "response_memory::clients_that_do_not_receive_occupy_limited_memory";
    [Trial::test(name, || {
        in_system(clients_that_do_not_receive);
        Ok(())
    })]
}

const PATIENCE: Duration = Duration::from_secs(20);

/// Returns a text that compresses to about three quarters of its length.
fn random_text(length: usize) -> String {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 26) as u8
    };
    (0..length).map(|_| char::from(b'0' + random())).collect()
}

/// Requests `path` on a new connection and reads only the status of the response.
async fn unread_response(app: &TestApp, path: &str, coding: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {coding}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; "HTTP/1.1 200".len()];
    timeout(PATIENCE, stream.read_exact(&mut status)).await.unwrap().unwrap();
    (stream, String::from_utf8_lossy(&status).into_owned())
}

async fn clients_that_do_not_receive() {
    let limits = ConnectionLimits {
        stall_without_memory: Duration::from_secs(5),
        ..ConnectionLimits::default()
    };
    // A compressed response from the cache would need less memory.
    let options = Options { cache_bytes: 0, ..Options::default() };
    let app = TestApp::start_with_limits(options, limits);
    let page = "/api/posts?limit=1";
    let short = app.given_post(&json!({ "title": "Short", "content": "Some content" })).await;
    let short = short["id"].as_str().unwrap();
    app.given_post(&json!({ "title": "Long", "content": random_text(1_000_000) })).await;
    let tag = app.get(page).await.header("ETag").to_owned();

    let mut clients = Vec::new();
    // The memory is enough for 24 responses of this length. Few of them are compressed, because
    // compression is slow in a debug build.
    for coding in [["identity"; 22].as_slice(), &["gzip"; 3]].concat() {
        clients.push(unread_response(&app, page, coding).await);
    }

    let refused: Vec<_> = clients.iter().map(|(_, status)| status == "HTTP/1.1 503").collect();
    assert_eq!(refused, [[false; 24].as_slice(), &[true]].concat());
    // Requests whose responses need no memory succeed.
    assert_eq!(app.get_post(short).await.status, 200);
    let head = app.send(app.request(Method::HEAD, page)).await;
    assert_eq!(head.status, 200);
    let unchanged = app.request(Method::GET, page).header("If-None-Match", tag);
    assert_eq!(app.send(unchanged).await.status, 304);
    // The server disconnects the clients after `stall_without_memory`, and the memory is free
    // again.
    let recovered = async {
        while app.get(page).await.status == 503 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, recovered).await.expect("the server did not free the memory in time");
}
