use std::{path::Path, sync::Arc};

use diesel::{
    Connection as _, RunQueryDsl as _, SqliteConnection, connection::SimpleConnection as _,
    dsl::sql, select, sql_types::Text,
};
use reqwest::Client;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::program::{Program, folder};

/// For each round, the number of acknowledged writes after which the test kills the program.
const KILL_AFTER: [usize; 3] = [50, 120, 200];
const WRITERS: usize = 16;

/// In each round, several clients write, the test kills the program, and then starts it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_post_survives_sigkill() {
    let folder = folder();
    let mut acknowledged: Vec<Value> = Vec::new();

    for count in KILL_AFTER {
        let program = Arc::new(Program::start(folder.path()));
        let (sender, mut written) = unbounded_channel();
        for _ in 0..WRITERS {
            tokio::spawn(write_until_it_fails(Arc::clone(&program), sender.clone()));
        }
        drop(sender);
        for _ in 0..count {
            acknowledged.push(written.recv().await.expect("the writers write"));
        }

        program.kill();

        // The channel closes when every writer has ended.
        while let Some(post) = written.recv().await {
            acknowledged.push(post);
        }
        let listed = Program::start(folder.path()).list_posts().await;
        for post in &acknowledged {
            assert!(listed.contains(post), "lost: {post}");
        }
        assert_eq!(integrity(&folder.path().join("blog.db")), "ok");
    }
}

async fn write_until_it_fails(program: Arc<Program>, written: UnboundedSender<Value>) {
    let client = Client::new();
    while let Ok(post) = program.create_post(&client, "A title").await {
        written.send(post).unwrap();
    }
}

/// Returns the result of SQLite's integrity check. Panics when the full-text index does not match
/// the posts.
fn integrity(file: &Path) -> String {
    let mut db = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    db.batch_execute("INSERT INTO post_words (post_words, rank) VALUES ('integrity-check', 1)")
        .unwrap();
    select(sql::<Text>("(SELECT integrity_check FROM pragma_integrity_check)"))
        .get_result(&mut db)
        .unwrap()
}
