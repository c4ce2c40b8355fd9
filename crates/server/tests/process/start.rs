use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use reqwest::{Client, StatusCode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::spawn_blocking,
    time::sleep,
};

use crate::program::{POLL_INTERVAL, Program, command, file_names, folder, run};

#[tokio::test]
async fn the_server_creates_its_database_and_prints_its_urls() {
    let folder = folder();

    let program = Program::start(folder.path());

    assert_eq!(program.list_posts().await, [""; 0]);
    assert!(program.api.starts_with("http://127.0.0.1:") && program.api.ends_with("/api/posts"));
    let docs = reqwest::get(&program.docs).await.unwrap();
    assert_eq!(docs.status(), StatusCode::OK);
    assert!(file_names(folder.path()).contains(&"blog.db".to_owned()));
}

#[tokio::test]
async fn posts_persist_across_restarts() {
    let folder = folder();
    let program = Program::start(folder.path());
    let post = program.create_post(&Client::new(), "A title").await.unwrap();

    assert_eq!(program.stop(), Some(0));

    assert_eq!(file_names(folder.path()), ["blog.db"], "a cleanly closed database is one file");
    assert_eq!(Program::start(folder.path()).list_posts().await, [post]);
}

#[tokio::test]
async fn the_memory_store_creates_no_file() {
    let folder = folder();
    let arguments = ["--listen", "127.0.0.1:0", "--database-url", "memory:"];
    let program = Program::spawn(command(folder.path(), &arguments));
    program.create_post(&Client::new(), "A title").await.unwrap();

    assert_eq!(program.stop(), Some(0));

    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn every_option_can_be_set_by_an_environment_variable() {
    let folder = folder();
    let mut command = command(folder.path(), &[]);
    command
        .env("BLOG_LISTEN", "127.0.0.1:0")
        .env("DATABASE_URL", "sqlite://other.db")
        .env("BLOG_BODY_LIMIT", "1024")
        .env("BLOG_REQUIRE_IF_MATCH", "1")
        .env("BLOG_CORS_ORIGIN", "https://a.example,https://b.example");

    let program = Program::spawn(command);

    let client = Client::new();
    program.create_post(&client, "A title").await.unwrap();
    let error = program.create_post(&client, &"x".repeat(1_024)).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::PAYLOAD_TOO_LARGE));
    assert!(file_names(folder.path()).contains(&"other.db".to_owned()));
    for origin in ["https://a.example", "https://b.example"] {
        let answer = client.get(&program.api).header("Origin", origin).send().await.unwrap();
        assert_eq!(answer.headers()["Access-Control-Allow-Origin"], origin);
    }
    let unknown = format!("{}/00000000-0000-4000-8000-000000000000", program.api);
    let answer = client.delete(unknown).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PRECONDITION_REQUIRED);
}

#[tokio::test]
async fn variables_of_the_tests_and_of_kubernetes_services_are_accepted() {
    let folder = folder();
    let mut command = command(folder.path(), &["--listen", "127.0.0.1:0"]);
    command.envs([
        ("BLOG_TEST_POSTGRES_URL", "postgres://elsewhere"),
        ("BLOG_SERVICE_HOST", "10.0.0.11"),
        ("BLOG_SERVICE_PORT", "80"),
        ("BLOG_SERVICE_PORT_HTTP", "80"),
        ("BLOG_PORT", "tcp://10.0.0.11:80"),
        ("BLOG_PORT_80_TCP", "tcp://10.0.0.11:80"),
        ("BLOG_PORT_80_TCP_PROTO", "tcp"),
        ("BLOG_PORT_80_TCP_PORT", "80"),
        ("BLOG_PORT_80_TCP_ADDR", "10.0.0.11"),
        ("BLOG_API_SERVICE_HOST", "10.0.0.12"),
        ("BLOG_API_PORT", "udp://10.0.0.12:53"),
    ]);

    let program = Program::spawn(command);

    assert_eq!(program.list_posts().await, [""; 0]);
}

#[test]
fn the_help_text_lists_options_with_variables_and_defaults() {
    let folder = folder();

    let help = String::from_utf8(run(folder.path(), &["--help"]).stdout).unwrap();

    for expected in [
        "--listen",
        "BLOG_LISTEN",
        "127.0.0.1:5000",
        "--database-url",
        "DATABASE_URL",
        "sqlite://blog.db",
        "--body-limit",
        "BLOG_BODY_LIMIT",
        "1048576",
    ] {
        assert!(help.contains(expected), "{expected} is missing in\n{help}");
    }
}

/// Reads the address from the log, because standard output is closed.
#[tokio::test]
async fn the_server_runs_when_standard_output_is_closed() {
    let folder = folder();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let arguments = ["--listen", "127.0.0.1:0", "--log", "actix_server=info"];
    let mut command = command(folder.path(), &arguments);
    let mut child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();

    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let address = log.find_map(|line| Some(line.split_once("listening on: ")?.1.to_owned()));
    let answer = reqwest::get(format!("http://{}/", address.unwrap())).await;

    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
}

/// The program receives SIGTERM while the body of a request is still incomplete.
#[tokio::test]
async fn requests_in_progress_are_finished_after_sigterm() {
    let folder = folder();
    let program = Program::start(folder.path());
    let address = program.api.trim_start_matches("http://").trim_end_matches("/api/posts");
    let address = address.to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let body = r#"{"title":"A title","content":"Some content"}"#;
    let (first_part, last_part) = body.split_at(10);
    let head = format!(
        "POST /api/posts HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server sends this interim response after it has read the head of the request.
    let mut interim_response = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut interim_response).await.unwrap();
    stream.write_all(first_part.as_bytes()).await.unwrap();

    let stopped = spawn_blocking(move || program.stop());
    // The server refuses new connections after it has received SIGTERM.
    while TcpStream::connect(&address).await.is_ok() {
        sleep(POLL_INTERVAL).await;
    }
    stream.write_all(last_part.as_bytes()).await.unwrap();

    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(stopped.await.unwrap(), Some(0));
}

/// A log on a full disk must not stop the service.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn the_server_runs_when_the_log_cannot_be_written() {
    let folder = folder();
    let mut command = command(folder.path(), &["--listen", "127.0.0.1:0", "--log", "trace"]);
    command.stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());

    let program = Program::spawn(command);

    let post = program.create_post(&Client::new(), "A title").await.unwrap();
    assert_eq!(program.list_posts().await, [post]);
}
