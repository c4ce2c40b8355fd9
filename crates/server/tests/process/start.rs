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

use crate::program::{POLL, Program, command, folder, names_in, run};

#[tokio::test]
async fn serves_on_a_file_that_it_makes_itself_and_says_where() {
    let folder = folder();

    let program = Program::start(folder.path());

    assert_eq!(program.list_posts().await, [""; 0]);
    assert!(program.api.starts_with("http://127.0.0.1:") && program.api.ends_with("/api/posts"));
    let docs = reqwest::get(&program.docs).await.unwrap();
    assert_eq!(docs.status(), StatusCode::OK);
    assert!(names_in(folder.path()).contains(&"blog.db".to_owned()));
}

#[tokio::test]
async fn keeps_posts_from_one_start_to_the_next() {
    let folder = folder();
    let program = Program::start(folder.path());
    let post = program.create_post(&Client::new(), "A title").await.unwrap();

    assert_eq!(program.stop(), Some(0));

    assert_eq!(names_in(folder.path()), ["blog.db"], "a database closed in order is one file");
    assert_eq!(Program::start(folder.path()).list_posts().await, [post]);
}

#[tokio::test]
async fn memory_leaves_nothing_behind() {
    let folder = folder();
    let arguments = ["--listen", "127.0.0.1:0", "--database-url", "memory:"];
    let program = Program::spawn(command(folder.path(), &arguments));
    program.create_post(&Client::new(), "A title").await.unwrap();

    assert_eq!(program.stop(), Some(0));

    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[tokio::test]
async fn every_option_can_be_given_in_the_environment() {
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
    assert!(names_in(folder.path()).contains(&"other.db".to_owned()));
    for origin in ["https://a.example", "https://b.example"] {
        let answer = client.get(&program.api).header("Origin", origin).send().await.unwrap();
        assert_eq!(answer.headers()["Access-Control-Allow-Origin"], origin);
    }
    let unknown = format!("{}/00000000-0000-4000-8000-000000000000", program.api);
    let answer = client.delete(unknown).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PRECONDITION_REQUIRED);
}

#[tokio::test]
async fn variables_of_the_tests_and_of_a_kubernetes_service_are_no_mistakes() {
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
fn tells_its_options_with_their_variables_and_defaults() {
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
        assert!(help.contains(expected), "{expected} is not in\n{help}");
    }
}

/// Says on the log where it serves, as nothing else does here.
#[tokio::test]
async fn does_not_mind_that_nobody_listens_to_what_it_says() {
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

/// A request whose body is still on its way when the program is told to stop.
#[tokio::test]
async fn finishes_what_is_under_way_when_it_is_told_to_stop() {
    let folder = folder();
    let program = Program::start(folder.path());
    let address = program.api.trim_start_matches("http://").trim_end_matches("/api/posts");
    let address = address.to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let body = r#"{"title":"A title","content":"Some content"}"#;
    let (sent, to_come) = body.split_at(10);
    let head = format!(
        "POST /api/posts HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server has read the head of the request when it asks for the body.
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut go_on).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();

    let stopped = spawn_blocking(move || program.stop());
    // It has been told when it takes no more connections.
    while TcpStream::connect(&address).await.is_ok() {
        sleep(POLL).await;
    }
    stream.write_all(to_come.as_bytes()).await.unwrap();

    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(stopped.await.unwrap(), Some(0));
}

/// A log on a full disk must not stop the service.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn does_not_mind_that_the_log_cannot_be_written() {
    let folder = folder();
    let mut command = command(folder.path(), &["--listen", "127.0.0.1:0", "--log", "trace"]);
    command.stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());

    let program = Program::spawn(command);

    let post = program.create_post(&Client::new(), "A title").await.unwrap();
    assert_eq!(program.list_posts().await, [post]);
}
