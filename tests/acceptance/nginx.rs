use std::{
    fs,
    net::TcpListener,
    num::NonZeroU32,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use acceptance::{Adapter, TestApp, in_system, requirement, valid_post};
use actix_web::rt::task::spawn_blocking;
use domain::{KeyName, KeyScope};
use http_actix::{AuthMode, Options, RateLimit, TrustedProxies};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};
use server::Adapters;
use storage_contract::Missing;
use tempfile::TempDir;

/// The programs that the tests need.
const PROGRAMS: [&[&str]; 3] = [NGINX, &["openssl"], &["curl"]];

/// Debian installs nginx in a folder that is in the `PATH` of root only.
const NGINX: &[&str] = &["nginx", "/usr/sbin/nginx"];

/// No limit on the number of requests.
const UNLIMITED: u32 = 0;

/// Tests that run nginx with the configuration in docs/OPERATIONS.md in front of a server.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("reads_and_writes_reach_the_server", UNLIMITED, reads_and_writes_reach_the_server),
        trial("http_is_redirected_to_https", UNLIMITED, http_is_redirected_to_https),
        trial("a_client_cannot_choose_its_address", 1, a_client_cannot_choose_its_address),
        trial("the_server_refuses_a_long_body", UNLIMITED, the_server_refuses_a_long_body),
        trial("a_long_link_header_reaches_the_client", UNLIMITED, a_long_link_header_arrives),
        trial("a_preview_token_is_not_logged", UNLIMITED, a_preview_token_is_not_logged),
    ]
}

fn trial(name: &str, requests_per_second: u32, test: fn(&Proxy)) -> Trial {
    Trial::ignorable_test(format!("nginx::{name}"), move || {
        if let Some(missing) = PROGRAMS.iter().find(|names| requirement::program(names).is_none()) {
            return Missing(missing[0].to_owned()).completion();
        }
        in_system(async move || {
            let adapters = Adapters::of(Adapter::Memory.open().unwrap().0);
            let options = Options {
                auth: AuthMode::Writes,
                rate_limit: RateLimit { per_second: NonZeroU32::new(requests_per_second) },
                trusted_proxies: TrustedProxies::parse(["127.0.0.1"]).unwrap(),
                ..Options::default()
            };
            let name = KeyName::new("editor").unwrap();
            let key = adapters.key_service().create(name, KeyScope::Write, None).await.unwrap();
            let app = TestApp::start_with_adapters(&adapters, options);
            let server = app.address().to_owned();
            let run = move || test(&Proxy::start(&server, &key.reveal()));
            spawn_blocking(run).await.unwrap();
        });
        Ok(Completion::Completed)
    })
}

/// The maximum time for nginx to start, and to write a line of its log.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The time between two checks of a file.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// nginx in front of a server, and a client that has a key.
struct Proxy {
    nginx: Child,
    http_port: u16,
    https_port: u16,
    /// An `Authorization` header with a key of the scope `write`.
    authorization: String,
    /// The configuration, the certificate, the logs and the temporary files.
    folder: TempDir,
}

impl Proxy {
    fn start(server: &str, key: &str) -> Self {
        let folder = TempDir::new().unwrap();
        create_certificate(folder.path());
        let [http_port, https_port] = free_ports();
        configure(folder.path(), server, [http_port, https_port]);
        let nginx = Command::new(requirement::program(NGINX).unwrap())
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let authorization = format!("Authorization: Bearer {key}");
        let mut proxy = Self { nginx, http_port, https_port, authorization, folder };
        proxy.wait_until_it_listens();
        proxy
    }

    /// Waits until nginx has written the file `nginx.pid`. nginx writes this file after it has
    /// bound its ports.
    fn wait_until_it_listens(&mut self) {
        let start = Instant::now();
        while !self.file("nginx.pid").exists() {
            let is_running = self.nginx.try_wait().unwrap().is_none();
            let log = fs::read_to_string(self.file("error.log")).unwrap_or_default();
            assert!(is_running && start.elapsed() < TIME_LIMIT, "nginx does not start: {log}");
            sleep(POLL_INTERVAL);
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self, path: &str) -> String {
        format!("https://blog.example:{}{path}", self.https_port)
    }

    /// Returns a curl command that trusts the certificate and resolves `blog.example` to 127.0.0.1.
    fn curl(&self) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "60"]);
        curl.arg("--cacert").arg(self.file("certificate.pem"));
        for port in [self.http_port, self.https_port] {
            curl.args(["--resolve", &format!("blog.example:{port}:127.0.0.1")]);
        }
        curl
    }

    /// Sends a request with these arguments of curl.
    fn send(&self, path: &str, arguments: &[&str]) -> Answer {
        let mut curl = self.curl();
        // With `Expect: 100-continue`, curl would print the head of a 100 response too.
        curl.args(["--include", "--header", "Expect:"]).args(arguments).arg(self.url(path));
        Answer::of(curl.output().unwrap())
    }

    fn get(&self, path: &str) -> Answer {
        self.send(path, &[])
    }

    /// Sends a `POST` with a key and a JSON body.
    fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string())
    }

    fn post_text(&self, path: &str, body: &str) -> Answer {
        fs::write(self.file("request"), body).unwrap();
        let body = format!("@{}", self.file("request").display());
        let json = "Content-Type: application/json";
        self.send(path, &["-H", &self.authorization, "-H", json, "--data-binary", &body])
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

/// Creates a certificate for the host of the configuration.
fn create_certificate(folder: &Path) {
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=blog.example"])
        .args(["-addext", "subjectAltName=DNS:blog.example"])
        .args(["-out", "certificate.pem", "-keyout", "key.pem"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// Writes the configuration of docs/OPERATIONS.md with the addresses and paths of the test, and a
/// main configuration that includes this file.
fn configure(folder: &Path, server: &str, [http_port, https_port]: [u16; 2]) {
    let path = |name: &str| folder.join(name).display().to_string();
    let certificates = "/etc/letsencrypt/live/blog.example";
    let mut site = documented_configuration();
    for (from, to) in [
        ("    listen [::]:80;\n", String::new()),
        ("    listen [::]:443 ssl;\n", String::new()),
        ("listen 80;", format!("listen 127.0.0.1:{http_port};")),
        ("listen 443 ssl;", format!("listen 127.0.0.1:{https_port} ssl;")),
        ("https://blog.example$", format!("https://blog.example:{https_port}$")),
        ("server 127.0.0.1:5000;", format!("server {server};")),
        (&format!("{certificates}/fullchain.pem"), path("certificate.pem")),
        (&format!("{certificates}/privkey.pem"), path("key.pem")),
        ("/var/log/nginx/", path("")),
    ] {
        assert!(site.contains(from), "the configuration has no {from:?}");
        site = site.replace(from, &to);
    }
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};\n", path(kind)))
        .concat();
    // nginx runs as one process in the foreground, so that the test can end it. The process has the
    // user of the test.
    let main = format!(
        "daemon off;\nmaster_process off;\npid {};\nevents {{}}\nhttp {{\n{temporary}include {};\n}}\n",
        path("nginx.pid"),
        path("blog.conf")
    );
    fs::write(path("blog.conf"), site).unwrap();
    fs::write(path("nginx.conf"), main).unwrap();
}

/// Returns the block of docs/OPERATIONS.md that is marked `nginx`.
fn documented_configuration() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATIONS.md");
    let document = fs::read_to_string(path).unwrap();
    let (_, rest) = document.split_once("\n```nginx\n").unwrap();
    let (block, _) = rest.split_once("\n```\n").unwrap();
    format!("{block}\n")
}

/// A response as curl prints it.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn of(Output { status, stdout, stderr }: Output) -> Self {
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        let text = String::from_utf8(stdout).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Returns the value of a header, or "" if the header is missing.
    fn header(&self, name: &str) -> &str {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|header| header.0.eq_ignore_ascii_case(name)).map_or("", |header| header.1)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn reads_and_writes_reach_the_server(proxy: &Proxy) {
    let body = valid_post().to_string();
    let json = "Content-Type: application/json";

    let without_key = proxy.send("/api/posts", &["-H", json, "-d", &body]);
    let created = proxy.post("/api/posts", &valid_post());
    let list = proxy.get("/api/posts");

    assert_eq!(without_key.status, 401, "{without_key:?}");
    assert_eq!(without_key.header("WWW-Authenticate"), "Bearer");
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(list.status, 200, "{list:?}");
    assert_eq!(list.json(), json!([created.json()]));
    for (name, value) in [
        ("Strict-Transport-Security", "max-age=31536000"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-cache"),
    ] {
        assert_eq!(list.header(name), value);
    }
}

fn http_is_redirected_to_https(proxy: &Proxy) {
    let url = format!("http://blog.example:{}/api/posts?limit=1", proxy.http_port);

    let answer = Answer::of(proxy.curl().args(["--include", &url]).output().unwrap());

    assert_eq!(answer.status, 308, "{answer:?}");
    assert_eq!(answer.header("Location"), proxy.url("/api/posts?limit=1"));
}

/// The server allows two requests at once, and then one per second. So it must refuse some of the
/// 50 requests. If the server used the address that the client sent, it would accept all of them.
fn a_client_cannot_choose_its_address(proxy: &Proxy) {
    let mut curl = proxy.curl();
    for number in 1..=50 {
        if number > 1 {
            curl.args(["--next", "--silent", "--noproxy", "*"]);
            curl.arg("--cacert").arg(proxy.file("certificate.pem"));
        }
        curl.args(["--include", "--header", &format!("X-Forwarded-For: 203.0.113.{number}")]);
        curl.arg(proxy.url("/"));
    }

    let output = String::from_utf8(curl.output().unwrap().stdout).unwrap();

    let refused = r#"{"code":429,"message":"Too many requests. Try again later.","status":"Too Many Requests"}"#;
    assert!(output.starts_with("HTTP/1.1 200"), "{output}");
    assert!(output.contains("\r\nRetry-After: 1\r\n") && output.contains(refused), "{output}");
}

fn the_server_refuses_a_long_body(proxy: &Proxy) {
    let limit = 1 << 20;
    let body = |bytes: usize| {
        let (start, end) = (r#"{"title":"A title","content":""#, r#""}"#);
        format!("{start}{}{end}", "x".repeat(bytes - start.len() - end.len()))
    };

    let accepted = proxy.post_text("/api/posts", &body(limit));
    let refused = proxy.post_text("/api/posts", &body(limit + 1));
    let refused_by_nginx = proxy.post_text("/api/posts", &body(3 * limit));

    assert_eq!(accepted.status, 201, "{}", accepted.head);
    assert_eq!(refused.status, 413, "{}", refused.head);
    assert_eq!(refused.json()["code"], 413);
    assert_eq!(refused_by_nginx.status, 413, "{}", refused_by_nginx.head);
}

/// `Link` has four URLs. Each URL contains the percent-encoded search terms.
fn a_long_link_header_arrives(proxy: &Proxy) {
    let words = |letter: &str| format!("{}+{}", letter.repeat(100), letter.repeat(99));
    let post = json!({ "title": "A title", "content": words("\u{20000}") });
    for _ in 0..3 {
        assert_eq!(proxy.post("/api/posts", &post).status, 201);
    }

    let terms = words("%F0%A0%80%80");
    let page = proxy.get(&format!("/api/posts?page=2&page_size=1&fields=title&q={terms}"));

    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(page.header("Link").matches("rel=").count(), 4, "{page:?}");
    assert!(page.header("Link").len() > 8_192, "{}", page.header("Link").len());
}

fn a_preview_token_is_not_logged(proxy: &Proxy) {
    let draft = json!({ "title": "A draft", "content": "Some content", "published": false });
    let draft = proxy.post("/api/posts", &draft).json();
    let path = format!("/api/posts/{}", draft["id"].as_str().unwrap());
    let preview = proxy.post(&format!("{path}/preview"), &json!({})).json();
    let token = preview["token"].as_str().unwrap();

    let shown = proxy.get(&format!("{path}?preview={token}"));

    assert_eq!(shown.status, 200, "{shown:?}");
    assert_eq!(shown.json(), draft);
    assert_eq!(shown.header("Cache-Control"), "no-store");
    let start = Instant::now();
    let line = format!("\"GET {path}\" 200 ");
    // nginx writes the line after it has sent the response.
    let log = loop {
        let log = fs::read_to_string(proxy.file("blog.log")).unwrap();
        if log.contains(&line) {
            break log;
        }
        assert!(start.elapsed() < TIME_LIMIT, "{log}");
        sleep(POLL_INTERVAL);
    };
    assert!(!log.contains(token), "{log}");
}
