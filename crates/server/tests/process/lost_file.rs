use std::{
    fs::{self, File},
    path::Path,
};

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
