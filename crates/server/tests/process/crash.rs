use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use diesel::{
    Connection as _, RunQueryDsl as _, SqliteConnection, connection::SimpleConnection as _,
    dsl::sql, select, sql_types::Text,
};
use reqwest::Client;
use serde_json::Value;

use crate::program::{Program, folder};

const ROUNDS: u64 = 3;
const WRITERS: usize = 16;

/// Each round writes from all sides, kills the program in the middle of it, and starts it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_post_outlives_a_kill() {
    let folder = folder();
    let mut acknowledged: Vec<Value> = Vec::new();

    for round in 0..ROUNDS {
        let program = Arc::new(Program::start(folder.path()));
        let written = Arc::new(Mutex::new(Vec::new()));
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| tokio::spawn(write_until_it_fails(Arc::clone(&program), Arc::clone(&written))))
            .collect();
        tokio::time::sleep(Duration::from_millis(300 + 170 * round)).await;

        program.kill();
        for writer in writers {
            writer.await.unwrap();
        }

        let written = written.lock().unwrap().clone();
        assert!(written.len() > WRITERS, "only {} writes before the kill", written.len());
        acknowledged.extend(written);
        let listed = Program::start(folder.path()).list_posts().await;
        for post in &acknowledged {
            assert!(listed.contains(post), "lost: {post}");
        }
        assert_eq!(integrity(&folder.path().join("blog.db")), "ok");
    }
}

async fn write_until_it_fails(program: Arc<Program>, written: Arc<Mutex<Vec<Value>>>) {
    let client = Client::new();
    while let Ok(post) = program.create_post(&client, "A title").await {
        written.lock().unwrap().push(post);
    }
}

/// What SQLite says of the file. Fails when the index of words is not that of the posts.
fn integrity(file: &Path) -> String {
    let mut db = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    db.batch_execute("INSERT INTO post_words (post_words, rank) VALUES ('integrity-check', 1)")
        .unwrap();
    select(sql::<Text>("(SELECT integrity_check FROM pragma_integrity_check)"))
        .get_result(&mut db)
        .unwrap()
}
