use std::{fs, path::Path, process::Output};

use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::program::{POLL_INTERVAL, Program, command, folder, run};

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// Runs a command that succeeds, and returns what it prints on standard output.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = run(folder, arguments);
    assert!(status.success(), "{}", text(&stderr));
    text(&stdout).trim_end().to_owned()
}

fn create(folder: &Path, scope: &str) -> String {
    printed(folder, &["keys", "create", "--name", "test", "--scope", scope])
}

/// Starts the server with these options on the default database.
fn start(folder: &Path, options: &[&str]) -> Program {
    Program::spawn(command(folder, &[&["--listen", "127.0.0.1:0"], options].concat()))
}

async fn status(program: &Program, key: &str) -> StatusCode {
    Client::new().get(&program.api).bearer_auth(key).send().await.unwrap().status()
}

#[tokio::test]
async fn a_key_that_is_created_while_the_server_runs_is_valid_at_once() {
    let folder = folder();
    let program = start(folder.path(), &["--auth", "all"]);
    assert_eq!(reqwest::get(&program.api).await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let key = create(folder.path(), "read");

    assert!(key.starts_with("blog_"), "{key}");
    assert_eq!(status(&program, &key).await, StatusCode::OK);
}

#[tokio::test]
async fn two_servers_refuse_a_revoked_key_within_5_seconds() {
    let folder = folder();
    let servers = [(); 2].map(|()| start(folder.path(), &["--auth", "all"]));
    let (key, rotated) = (create(folder.path(), "read"), create(folder.path(), "read"));
    for server in &servers {
        assert_eq!(status(server, &key).await, StatusCode::OK);
        assert_eq!(status(server, &rotated).await, StatusCode::OK);
    }

    printed(folder.path(), &["keys", "revoke", &id_of(&key)]);
    let new = printed(folder.path(), &["keys", "rotate", &id_of(&rotated)]);

    for server in &servers {
        assert_eq!(status(server, &new).await, StatusCode::OK, "the new key is valid at once");
    }
    let start = Instant::now();
    for server in &servers {
        for old in [&key, &rotated] {
            while status(server, old).await == StatusCode::OK {
                assert!(start.elapsed().as_secs() < 5, "the key is still valid");
                sleep(POLL_INTERVAL).await;
            }
        }
        assert_eq!(status(server, &new).await, StatusCode::OK);
    }
}

fn id_of(key: &str) -> String {
    key.split('_').nth(1).unwrap().to_owned()
}

#[test]
fn keys_are_listed_without_their_secrets() {
    let folder = folder();
    let key = create(folder.path(), "write");
    let arguments =
        ["keys", "create", "--name", "ünï \"x\"", "--scope", "admin", "--expires-in", "90d"];
    printed(folder.path(), &arguments);

    let table = printed(folder.path(), &["keys", "list"]);
    let json: Value =
        serde_json::from_str(&printed(folder.path(), &["keys", "list", "--json"])).unwrap();

    let secret = key.split('_').nth(2).unwrap();
    assert!(!table.contains(secret) && table.contains(&id_of(&key)), "{table}");
    assert_eq!(table.lines().count(), 3);
    assert_eq!(json[0]["scope"], "write");
    assert_eq!(json[0]["expires_at"], Value::Null);
    assert_eq!(json[1]["name"], "ünï \"x\"");
    assert_eq!(json[1]["state"], "active");
    assert!(!json.to_string().contains(secret));
    let file = fs::read(folder.path().join("blog.db")).unwrap();
    let is_stored = |bytes: &[u8]| file.windows(bytes.len()).any(|window| window == bytes);
    assert!(!is_stored(secret.as_bytes()), "the database file contains the secret");
}

#[test]
fn a_command_that_cannot_be_run_says_why() {
    let folder = folder();
    create(folder.path(), "read");
    let create_named =
        |name: &'static str| vec!["keys", "create", "--name", name, "--scope", "read"];
    for (arguments, expected) in [
        (create_named(""), "cannot use this name: Length must be between 1 and 100."),
        (vec!["keys", "revoke", "x"], "this is not the id of a key: `keys list` prints the ids"),
        (
            vec!["keys", "list", "--database-url", "sqlite://mistyped.db"],
            "the database does not exist: give the URL of an existing database",
        ),
        (
            vec!["keys", "revoke-previews", "--database-url", "sqlite://mistyped.db"],
            "the database does not exist: give the URL of an existing database",
        ),
        (vec!["keys", "revoke", "00000000000000000000000000000007"], "no key has this id"),
        (
            vec!["keys", "list", "--database-url", "memory:"],
            "a store in memory cannot keep keys: give the URL of a database with --database-url",
        ),
    ] {
        let output = run(folder.path(), &arguments);

        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(text(&output.stderr), format!("blog-api: {expected}\n"));
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn an_address_that_other_machines_can_reach_needs_keys() {
    let folder = folder();
    for address in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"] {
        let output = run(folder.path(), &["--listen", address]);

        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            message.contains("with --auth off, because other machines can reach it"),
            "{message}"
        );
        assert!(message.contains("--auth writes"), "{message}");
    }
}

#[tokio::test]
async fn the_first_start_with_keys_says_how_to_create_one() {
    let folder = folder();
    let log = folder.path().join("log");
    let mut command = command(folder.path(), &["--listen", "127.0.0.1:0", "--auth", "writes"]);
    command.stderr(fs::File::create(&log).unwrap());

    let program = Program::spawn(command);
    program.stop();

    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("create one with: blog-api keys create"), "{log}");
}

#[tokio::test]
async fn a_preview_link_of_a_secret_file_is_valid_after_a_restart() {
    let folder = folder();
    fs::write(folder.path().join("secret"), "0123456789012345678901234567890123456789").unwrap();
    let options = ["--auth", "writes", "--preview-secret-file", "secret"];
    let program = start(folder.path(), &options);
    let key = create(folder.path(), "write");
    let client = Client::new();
    let draft =
        serde_json::json!({ "title": "A draft", "content": "Some content", "published": false });
    let created = client.post(&program.api).bearer_auth(&key).json(&draft).send().await.unwrap();
    let draft: Value = created.json().await.unwrap();
    let path = format!("/{}", draft["id"].as_str().unwrap());
    let url = format!("{}{path}/preview", program.api);
    let preview: Value =
        client.post(url).bearer_auth(&key).send().await.unwrap().json().await.unwrap();
    let token = preview["token"].as_str().unwrap();
    program.stop();

    let program = start(folder.path(), &options);

    let shown = reqwest::get(format!("{}{path}?preview={token}", program.api)).await.unwrap();
    assert_eq!(shown.json::<Value>().await.unwrap(), draft);
    fs::write(folder.path().join("secret"), "short").unwrap();
    let output = run(folder.path(), &options);
    assert!(text(&output.stderr).contains("write at least 32 random bytes"));
}
