use std::{
    fs::{self, File},
    path::Path,
    process::Command,
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::program::{Program, folder};

/// Damages the open database of a server. Returns the status of a later write, and the log.
async fn damage(folder: &Path, damage: impl FnOnce(&Path)) -> (StatusCode, String) {
    let log = File::create(folder.join("log")).unwrap();
    let mut command = crate::program::command(folder, &["--listen", "127.0.0.1:0"]);
    command.stderr(log);
    let program = Program::spawn(command);
    let client = Client::new();
    for _ in 0..3 {
        program.create_post(&client, "A title").await.unwrap();
    }

    damage(&folder.join("blog.db"));

    let body = json!({ "title": "A title", "content": "Some content" });
    let refused = client.post(&program.api).json(&body).send().await.unwrap();
    assert_eq!(refused.headers().get("Retry-After").unwrap(), "1");
    assert_eq!(program.stop(), Some(0));
    (refused.status(), fs::read_to_string(folder.join("log")).unwrap())
}

#[tokio::test]
async fn no_write_to_a_deleted_database_is_acknowledged() {
    let folder = folder();

    let (status, log) = damage(folder.path(), |file| fs::remove_file(file).unwrap()).await;

    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(log.contains("was deleted while the server runs"), "{log}");
}

#[tokio::test]
async fn no_write_to_a_replaced_database_is_acknowledged() {
    let folder = folder();

    let (status, log) = damage(folder.path(), |file| {
        let copy = file.with_extension("copy");
        fs::copy(file, &copy).unwrap();
        fs::rename(&copy, file).unwrap();
    })
    .await;

    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(log.contains("was replaced while the server runs"), "{log}");
}

#[tokio::test]
async fn no_write_to_a_truncated_database_is_acknowledged() {
    let folder = folder();

    let (status, log) = damage(folder.path(), |file| {
        File::options().write(true).open(file).unwrap().set_len(0).unwrap();
    })
    .await;

    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(log.contains("was truncated while the server runs"), "{log}");
}

#[tokio::test]
async fn no_write_is_acknowledged_after_the_write_ahead_log_was_deleted() {
    let folder = folder();

    let (status, log) =
        damage(folder.path(), |file| fs::remove_file(file.with_extension("db-wal")).unwrap()).await;

    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(log.contains("blog.db-wal"), "{log}");
    assert!(log.contains("was deleted while the server runs"), "{log}");
}

/// The operator moves the file away and back.
#[tokio::test]
async fn writes_succeed_again_when_the_database_is_put_back() {
    let folder = folder();
    let program = Program::start(folder.path());
    let client = Client::new();
    let file = folder.path().join("blog.db");
    let elsewhere = folder.path().join("elsewhere.db");
    let first = program.create_post(&client, "A title").await.unwrap();

    fs::rename(&file, &elsewhere).unwrap();
    assert!(program.create_post(&client, "A title").await.is_err());
    fs::rename(&elsewhere, &file).unwrap();
    let last = program.create_post(&client, "A title").await.unwrap();

    assert_eq!(program.stop(), Some(0));
    let stored = Program::start(folder.path()).list_posts().await;
    assert!(stored.contains(&first) && stored.contains(&last), "{stored:?}");
}

/// The log is deleted before the first write, which SQLite would still acknowledge.
#[tokio::test]
async fn no_write_is_acknowledged_if_the_log_was_deleted_before_the_first_one() {
    let folder = folder();
    let program = Program::start(folder.path());
    fs::remove_file(folder.path().join("blog.db-wal")).unwrap();

    let refused = program.create_post(&Client::new(), "A title").await.unwrap_err();

    assert_eq!(refused.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test]
async fn no_write_is_acknowledged_after_the_write_ahead_log_was_truncated() {
    let folder = folder();
    let program = Program::start(folder.path());
    program.create_post(&Client::new(), "A title").await.unwrap();
    let log = folder.path().join("blog.db-wal");
    File::options().write(true).open(log).unwrap().set_len(0).unwrap();

    let body = json!({ "title": "A title", "content": "Some content" });
    let answer = Client::new().post(&program.api).json(&body).send().await.unwrap();

    // SQLite continues to write behind the lost part, so the log is not empty, but begins with
    // zeros. Such a log is ignored when the database is opened.
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// When the write-ahead log has about a thousand pages, SQLite copies the log into the database
/// (checkpoint). SQLite must not copy a truncated log.
#[tokio::test]
async fn a_truncated_log_does_not_damage_the_database() {
    let folder = folder();
    let program = Program::start(folder.path());
    let client = Client::new();
    program.create_post(&client, "Before").await.unwrap();
    assert_eq!(program.stop(), Some(0));
    let program = Program::start(folder.path());
    program.create_post(&client, "Lost").await.unwrap();
    let log = folder.path().join("blog.db-wal");
    File::options().write(true).open(log).unwrap().set_len(0).unwrap();

    for _ in 0..200 {
        let refused = program.create_post(&client, &"long ".repeat(20)).await.unwrap_err();
        assert_eq!(refused.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    }

    assert_eq!(program.stop(), Some(0));
    let posts = Program::start(folder.path()).list_posts().await;
    assert_eq!(posts.iter().map(|post| &post["title"]).collect::<Vec<_>>(), ["Before"]);
}

/// While another file has the path of the database, the server needs more connections. These
/// connections must not open the other file.
#[tokio::test]
async fn reads_are_correct_after_a_replaced_database_is_put_back() {
    let folder = folder();
    let program = Program::start(folder.path());
    let client = Client::new();
    let file = folder.path().join("blog.db");
    let [original, copy] = ["original", "copy"].map(|name| folder.path().join(name));
    program.create_post(&client, "First").await.unwrap();
    fs::hard_link(&file, &original).unwrap();
    fs::copy(&file, &copy).unwrap();

    fs::rename(&copy, &file).unwrap();
    let _ = client.get(&program.api).send().await.unwrap();
    assert!(program.create_post(&client, "Refused").await.is_err());
    fs::rename(&original, &file).unwrap();
    for number in 0..300 {
        let post = program.create_post(&client, &format!("Post {number}")).await.unwrap();
        let url = format!("{}/{}", program.api, post["id"].as_str().unwrap());
        assert_eq!(reqwest::get(url).await.unwrap().status(), StatusCode::OK);
    }

    assert_eq!(program.stop(), Some(0));
    assert_eq!(Program::start(folder.path()).list_posts().await.len(), 301);
}

/// Another process, such as a replication tool, may truncate the log with a checkpoint.
#[tokio::test]
async fn a_log_that_another_process_has_emptied_is_accepted() {
    let folder = folder();
    let program = Program::start(folder.path());
    let client = Client::new();
    program.create_post(&client, "First").await.unwrap();

    let path = folder.path().join("blog.db");
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(other);

    assert_eq!(fs::metadata(path.with_extension("db-wal")).unwrap().len(), 0);
    program.create_post(&client, "Second").await.unwrap();
    assert_eq!(program.list_posts().await.len(), 2);
}

#[tokio::test]
async fn writes_succeed_while_connections_occupy_all_descriptors() {
    let folder = folder();
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_blog-api");
    command.args(["-c", &format!("ulimit -n 64; exec {program} --listen 127.0.0.1:0")]);
    command.current_dir(folder.path()).env_remove("DATABASE_URL");
    let program = Program::spawn(command);
    let client = Client::new();
    // The client opens its connection before the others.
    program.create_post(&client, "First").await.unwrap();
    let address = program.api.split('/').nth(2).unwrap();
    let mut connections = Vec::new();
    for _ in 0..100 {
        connections.push(std::net::TcpStream::connect(address).unwrap());
    }

    for _ in 0..50 {
        program.create_post(&client, "While no connection is free").await.unwrap();
    }
}

/// Such a write changes nothing, so the log stays empty.
#[tokio::test]
async fn the_first_write_of_a_server_may_change_nothing() {
    let folder = folder();
    assert_eq!(Program::start(folder.path()).stop(), Some(0));
    let program = Program::start(folder.path());
    let missing = format!("{}/00000000-0000-4000-8000-000000000000", program.api);

    let answer = Client::new().delete(missing).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    program.create_post(&Client::new(), "A title").await.unwrap();
}
