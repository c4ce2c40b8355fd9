//! Tests of the migration of databases that the first version of the program wrote.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::process::ExitCode;

use diesel::{Connection as _, PgConnection, SqliteConnection, connection::SimpleConnection as _};
use domain::{
    Content, NewPost, Post, PostChanges, PostFilter, PostId, PostOrder, PostQuery, Precondition,
    Scope, Search, Start, Timestamp, Title, Window,
    ports::{PostArchive as _, PostRepository as _},
};
use libtest_mimic::{Arguments, Trial};
use storage_diesel::testing::TestPostgres;
use uuid::Uuid;

use self::common::{block_on, on_postgres, open};

fn main() -> ExitCode {
    let trials = vec![
        Trial::test("sqlite::posts_of_an_earlier_version_are_listed_counted_and_found", || {
            sqlite_of_an_earlier_version();
            Ok(())
        }),
        on_postgres(
            "postgres::posts_of_an_earlier_version_are_listed_counted_and_found",
            postgres_of_an_earlier_version,
        ),
    ];
    let arguments = Arguments::from_args();
    TestPostgres::announce_server();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn post(n: u32) -> Post {
    let texts = ["It's about Hexagons", "Über Sechsecke 🦀", "О шестиугольниках", "Περί ἑξαγώνων"];
    let text = texts.iter().cycle().nth(usize::try_from(n).unwrap()).unwrap();
    let new = NewPost {
        title: Title::new(format!("Post {n}")).unwrap(),
        content: Content::new(format!("{text}, the {n}th of \\all\\ posts")).unwrap(),
        published: !n.is_multiple_of(3),
    };
    let created = Timestamp::from_unix_micros(i64::from(n) * 1_000_001 - 5_000_000).unwrap();
    let mut post = Post::create(PostId::new(Uuid::from_u128(u128::from(n) << 100)), new, created);
    if n.is_multiple_of(2) {
        let updated = Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap();
        post.apply(&PostChanges::default(), updated).unwrap();
    }
    post
}

/// Returns more posts than the migration to search tokens processes at once.
fn posts() -> Vec<Post> {
    (0..450).map(post).collect()
}

/// Returns the statement that inserts a post into the first version of the tables.
fn insert_statement(post: &Post, id: &str, time: impl Fn(Timestamp) -> String) -> String {
    let record = post.record();
    format!(
        "INSERT INTO posts (id, title, content, published, created_at, updated_at)
         VALUES ({id}, '{}', '{}', {}, {}, {});",
        record.title.as_str().replace('\'', "''"),
        record.content.as_str().replace('\'', "''"),
        record.published,
        time(record.created_at),
        time(record.updated_at)
    )
}

/// Creates diesel's table of migrations with an entry for the first migration only.
const FIRST_MIGRATION_ONLY: &str = "
    CREATE TABLE __diesel_schema_migrations (
        version VARCHAR(50) PRIMARY KEY NOT NULL,
        run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
    );
    INSERT INTO __diesel_schema_migrations (version) VALUES ('20261122000000');";

fn sqlite_of_an_earlier_version() {
    const TABLES: &str =
        include_str!("../../../migrations/sqlite/2026-11-22-000000_create_posts/up.sql");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blog.db");
    let mut db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    db.batch_execute(&format!("BEGIN; {TABLES} {FIRST_MIGRATION_ONLY}")).unwrap();
    for post in posts() {
        let id = format!("x'{}'", post.id().as_uuid().simple());
        db.batch_execute(&insert_statement(&post, &id, |time| time.as_unix_micros().to_string()))
            .unwrap();
    }
    db.batch_execute("COMMIT").unwrap();

    block_on(assert_listed_counted_and_found(&format!("sqlite://{}", path.display())));
}

fn postgres_of_an_earlier_version(database: &TestPostgres) {
    const TABLES: &str =
        include_str!("../../../migrations/postgres/2026-11-22-000000_create_posts/up.sql");
    let mut db: PgConnection = database.connect().unwrap();
    db.batch_execute(&format!("{TABLES} {FIRST_MIGRATION_ONLY}")).unwrap();
    for post in posts() {
        let time = |time: Timestamp| format!("'{}'", time.as_datetime().to_rfc3339());
        db.batch_execute(&insert_statement(&post, &format!("'{}'", post.id()), time)).unwrap();
    }

    block_on(assert_listed_counted_and_found(&database.url()));
}

/// Opens the database and asserts that its posts can be listed, counted, found and deleted.
async fn assert_listed_counted_and_found(url: &str) {
    // The first tables have no column for the version, so the migration gives each post version 1.
    let expected: Vec<Post> = posts()
        .into_iter()
        .map(|post| {
            let record =
                domain::PostRecord { version: domain::Version::FIRST, ..post.into_record() };
            Post::restore(record).unwrap()
        })
        .collect();

    let store = open(url);

    assert_eq!(store.page(None, 1_000).await.unwrap(), expected);
    let filters = [
        (None, ""),
        (Some(true), ""),
        (Some(false), ""),
        (None, "hexagons it's"),
        (Some(true), "ШЕСТИУГОЛЬНИКАХ"),
        (None, "449th"),
        (None, "all posts"),
        (None, "nowhere"),
    ];
    for (published, text) in filters {
        let query = PostQuery {
            scope: Scope::Everything,
            filter: PostFilter { published, search: Search::parse(text).unwrap() },
            order: PostOrder::NEWEST_FIRST,
            window: Window { start: Start::First, limit: 1_000 },
        };
        let is_included =
            |post: &&Post| query.includes(post.record(), &domain::search::tokens_of(post.record()));
        let included: Vec<PostId> = expected.iter().filter(is_included).map(Post::id).collect();

        let listed = store.list_with_total(&query).await.unwrap();

        let mut ids: Vec<PostId> = listed.listed.posts.iter().map(Post::id).collect();
        ids.sort();
        assert_eq!(ids, included, "{query:?}");
        assert_eq!(listed.total, u64::try_from(included.len()).unwrap());
    }

    for post in &expected {
        store.delete(post.id(), Scope::Everything, &Precondition::NONE).await.unwrap();
    }
    assert_eq!(store.count().await.unwrap(), 0);
}
