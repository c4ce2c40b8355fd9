//! Sends requests on many connections for some seconds, and prints a summary as JSON.
//!
//! ```sh
//! cargo run --release --package acceptance --example load -- 127.0.0.1:5000 64 5 requests.json
//! ```
//!
//! The arguments are the address of the server, the number of connections, the number of seconds,
//! and a file with a JSON array of requests: `[{"method": "GET", "path": "/", "body": null}]`. A
//! request can also have `headers`, an object. Each connection sends the requests in turn. It sends
//! a request when it has received the response to the previous one. Another connection sends
//! `GET /`, and waits 10 ms after each response.

#![allow(clippy::print_stdout, reason = "the summary is the output")]

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    rc::Rc,
    time::{Duration, Instant},
};

use memchr::memmem;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::LocalSet,
    time::{sleep, sleep_until},
};

/// How long the connection that sends `GET /` waits after each response.
const PROBE_INTERVAL: Duration = Duration::from_millis(10);

/// The durations of responses in microseconds, by method and status. The status 0 stands for a
/// request without a valid response.
type Durations = BTreeMap<(String, u16), Vec<u64>>;

/// A request.
struct Request {
    method: String,
    bytes: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let [address, connections, seconds, file] = env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "four arguments expected")?;
    let requests: Vec<Value> = serde_json::from_str(&fs::read_to_string(file)?)?;
    let requests: Rc<Vec<Request>> = Rc::new(requests.iter().map(Request::new).collect());
    let seconds: f64 = seconds.parse()?;
    let connections: usize = connections.parse()?;
    let end = Instant::now() + Duration::from_secs_f64(seconds);

    let durations = Rc::<RefCell<Durations>>::default();
    let probes = Rc::<RefCell<Durations>>::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = LocalSet::new();
    for number in 0..connections {
        let (address, requests) = (address.clone(), Rc::clone(&requests));
        let durations = Rc::clone(&durations);
        tasks.spawn_local(async move {
            // The connections begin at different requests.
            let requests = requests.iter().cycle().skip(number * requests.len() / connections);
            send_all(&address, requests, end, None, &durations).await;
        });
    }
    let root = Request::new(&json!({ "method": "GET", "path": "/" }));
    let probe = Rc::clone(&probes);
    tasks.spawn_local(async move {
        let requests = std::iter::repeat(&root);
        send_all(&address, requests, end, Some(PROBE_INTERVAL), &probe).await;
    });
    runtime.block_on(tasks.run_until(async { sleep_until(end.into()).await }));

    let output = json!({
        "load": by_status(durations.borrow().iter(), seconds),
        "reads": by_status(durations.borrow().iter().filter(|((method, _), _)| method == "GET"), seconds),
        "root": by_status(probes.borrow().iter(), seconds),
    });
    println!("{output}");
    Ok(())
}

/// Summarizes the durations of each status.
fn by_status<'a>(
    durations: impl Iterator<Item = (&'a (String, u16), &'a Vec<u64>)>,
    seconds: f64,
) -> Value {
    let mut all = BTreeMap::<u16, Vec<u64>>::new();
    for ((_, status), times) in durations {
        all.entry(*status).or_default().extend(times);
    }
    all.iter().map(|(status, times)| (status.to_string(), summary(times, seconds))).collect()
}

impl Request {
    fn new(request: &Value) -> Self {
        let method = request["method"].as_str().unwrap_or_default().to_owned();
        Self { method, bytes: to_bytes(request) }
    }
}

/// Returns the bytes of a request.
fn to_bytes(request: &Value) -> Vec<u8> {
    let text = |name| request[name].as_str().unwrap_or_default();
    let body = match &request["body"] {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let mut head = format!("{} {} HTTP/1.1\r\nHost: localhost\r\n", text("method"), text("path"));
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        head += &format!("{name}: {}\r\n", value.as_str().unwrap_or_default());
    }
    if !body.is_empty() {
        head += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    (head + "\r\n" + &body).into_bytes()
}

/// Sends requests one after another until `end`. Connects again when the connection fails.
async fn send_all<'a>(
    address: &str,
    mut requests: impl Iterator<Item = &'a Request>,
    end: Instant,
    pause: Option<Duration>,
    durations: &RefCell<Durations>,
) {
    let mut buffer = Vec::new();
    while Instant::now() < end {
        let Ok(mut stream) = TcpStream::connect(address).await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        for request in requests.by_ref() {
            let start = Instant::now();
            let status = exchange(&mut stream, &request.bytes, &mut buffer).await;
            let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            let key = (request.method.clone(), status.unwrap_or(0));
            durations.borrow_mut().entry(key).or_default().push(took);
            if status.is_none() || Instant::now() >= end {
                break;
            }
            if let Some(pause) = pause {
                sleep(pause).await;
            }
        }
    }
}

/// Sends a request and receives the whole response. Returns the status, or `None` if the connection
/// failed or the response is not valid.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> Option<u16> {
    stream.write_all(request).await.ok()?;
    buffer.clear();
    let mut expected = None;
    loop {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
        if expected.is_none() {
            expected = Expected::of(buffer);
        }
        let is_complete = match expected {
            Some(Expected::Bytes(bytes)) => buffer.len() >= bytes,
            Some(Expected::Chunks) => buffer.ends_with(b"\r\n0\r\n\r\n"),
            None => false,
        };
        if is_complete {
            return str::from_utf8(buffer.get(9..12)?).ok()?.parse().ok();
        }
    }
}

/// Where a response ends.
#[derive(Clone, Copy)]
enum Expected {
    /// After this number of bytes.
    Bytes(usize),
    /// After the last chunk.
    Chunks,
}

impl Expected {
    /// Returns `None` if the head is not complete yet.
    fn of(received: &[u8]) -> Option<Self> {
        let end = memmem::find(received, b"\r\n\r\n")?;
        let head = received.get(..end)?;
        // Servers write the name in one of these forms.
        let length = [&b"ontent-length: "[..], b"ontent-Length: "]
            .iter()
            .find_map(|name| head.get(memmem::find(head, name)? + name.len()..));
        let is_chunked = || memmem::find(head, b"chunked").is_some();
        match length {
            None if is_chunked() => Some(Self::Chunks),
            None => Some(Self::Bytes(end + 4)),
            Some(length) => {
                let digits = length.split(|byte| !byte.is_ascii_digit()).next()?;
                Some(Self::Bytes(end + 4 + str::from_utf8(digits).ok()?.parse::<usize>().ok()?))
            }
        }
    }
}

/// The rate of responses and the quantiles of their durations, in milliseconds.
fn summary(times: &[u64], seconds: f64) -> Value {
    let mut times = times.to_vec();
    times.sort_unstable();
    let quantile = |part: usize| {
        let position = times.len().saturating_sub(1) * part / 1_000;
        let micros = times.get(position).copied().unwrap_or_default();
        f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1_000.0
    };
    json!({
        "count": times.len(),
        "per_second": (f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX)) / seconds).round(),
        "p50": quantile(500),
        "p99": quantile(990),
        "max": quantile(1_000),
    })
}
