//! Tests of the migration of databases that earlier versions of the program wrote.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::process::ExitCode;

use diesel::{
    PgConnection, SqliteConnection,
    connection::{LoadConnection, SimpleConnection as _},
    dsl,
    prelude::*,
    query_dsl::LoadQuery,
};
use domain::{
    Content, Fingerprint, IdempotencyKey, KeyId, KeyedRequest, NewPost, Post, PostChanges,
    PostFilter, PostId, PostOrder, PostQuery, Precondition, Scope, Search, Start, Timestamp, Title,
    Window,
    ports::{Insertion, PostArchive as _, PostRepository as _},
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
        Trial::test("sqlite::requests_that_an_earlier_version_recorded_are_answered", || {
            sqlite_with_requests_of_an_earlier_version();
            Ok(())
        }),
        on_postgres(
            "postgres::requests_that_an_earlier_version_recorded_are_answered",
            postgres_with_requests_of_an_earlier_version,
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

/// Removes the entry of the migration that adds API keys from diesel's table of migrations.
const WITHOUT_KEYS: &str =
    "DELETE FROM __diesel_schema_migrations WHERE version = '20261125000000';";

/// Returns a request that was made at [`recorded_at`].
fn request(owner: Option<u128>, key: &str) -> KeyedRequest {
    KeyedRequest {
        key: IdempotencyKey::new(key).unwrap(),
        owner: owner.map(|n| KeyId::new(Uuid::from_u128(n))),
        fingerprint: Fingerprint::new([1; 32]),
        at: recorded_at(),
    }
}

fn recorded_at() -> Timestamp {
    Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap()
}

/// The idempotency keys of requests that an earlier version recorded. The request with the key at
/// index `n` created the post `n`. With the prefix `:`, some of these keys are equal to others,
/// which are before or after them in the order of the primary key.
const OLD_KEYS: [&str; 6] = ["key", ":key", "::key", "an-id:key", "!", ":!"];

/// Returns the statement that inserts a record as an earlier version does.
fn record_statement(key: &str, fingerprint: &str, id: &str, time: &str) -> String {
    format!(
        "INSERT INTO idempotency_keys (key, fingerprint, post_id, recorded_at)
         VALUES ('{key}', {fingerprint}, {id}, {time});"
    )
}

fn sqlite_with_requests_of_an_earlier_version() {
    const UNDO: &str =
        include_str!("../../../migrations/sqlite/2026-11-25-000000_add_api_keys/down.sql");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blog.db");
    let url = format!("sqlite://{}", path.display());
    block_on(record_with_this_version(&url));
    let mut db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    db.batch_execute(&format!("BEGIN; {UNDO} {WITHOUT_KEYS} COMMIT")).unwrap();
    for (n, key) in (0_u32..).zip(OLD_KEYS) {
        let (id, time) = (post(n).id(), recorded_at().as_unix_micros().to_string());
        let id = format!("x'{}'", id.as_uuid().simple());
        let fingerprint = format!("x'{}'", "01".repeat(32));
        db.batch_execute(&record_statement(key, &fingerprint, &id, &time)).unwrap();
    }
    assert_eq!(keys_of_records(&mut db), keys_of_the_earlier_version());
    drop(db);

    block_on(assert_answered(&url));
}

fn postgres_with_requests_of_an_earlier_version(database: &TestPostgres) {
    const UNDO: &str =
        include_str!("../../../migrations/postgres/2026-11-25-000000_add_api_keys/down.sql");
    block_on(record_with_this_version(&database.url()));
    let mut db = database.connect().unwrap();
    db.batch_execute(&format!("BEGIN; {UNDO} {WITHOUT_KEYS} COMMIT")).unwrap();
    for (n, key) in (0_u32..).zip(OLD_KEYS) {
        let time = format!("'{}'", recorded_at().as_datetime().to_rfc3339());
        let fingerprint = format!("decode('{}', 'hex')", "01".repeat(32));
        let id = format!("'{}'", post(n).id());
        db.batch_execute(&record_statement(key, &fingerprint, &id, &time)).unwrap();
    }
    assert_eq!(keys_of_records(&mut db), keys_of_the_earlier_version());

    block_on(assert_answered(&database.url()));
}

/// Records requests with this version of the program, before its last migration is undone.
async fn record_with_this_version(url: &str) {
    let store = open(url);
    for (n, (owner, key)) in (100..).zip([(None, ":new"), (None, "new"), (Some(1), "new")]) {
        let answer = store.insert_once(&post(n), &request(owner, key)).await.unwrap();
        assert_eq!(answer, Insertion::Created);
    }
}

diesel::table! {
    /// The records of requests with an idempotency key.
    idempotency_keys (key) {
        /// The key of a record.
        key -> Text,
    }
}

/// Returns the keys of all records, sorted.
fn keys_of_records<C>(db: &mut C) -> Vec<String>
where
    C: LoadConnection,
    dsl::Select<idempotency_keys::table, idempotency_keys::key>: LoadQuery<'static, C, String>,
{
    let mut keys: Vec<String> =
        idempotency_keys::table.select(idempotency_keys::key).load(db).unwrap();
    keys.sort();
    keys
}

/// Returns the keys of all records when the migration is undone: the records without an owner that
/// this version made, and the records of the earlier version.
fn keys_of_the_earlier_version() -> Vec<String> {
    let keys = ["new", ":new"].into_iter().chain(OLD_KEYS);
    let mut keys: Vec<String> = keys.map(str::to_owned).collect();
    keys.sort();
    keys
}

/// Opens the database, and asserts that every request of [`keys_of_the_earlier_version`] is
/// recorded for callers without an API key, and for no other callers.
async fn assert_answered(url: &str) {
    let store = open(url);
    let recorded = (0..).zip(OLD_KEYS).chain([(100, ":new"), (101, "new")]);
    for (n, key) in recorded {
        let again = store.insert_once(&post(200), &request(None, key)).await.unwrap();
        let expected = Insertion::AlreadyCreated { id: post(n).id(), at: recorded_at() };
        assert_eq!(again, expected, "{key}");

        let owned = store.insert_once(&post(300 + n), &request(Some(1), key)).await.unwrap();
        assert_eq!(owned, Insertion::Created, "{key}");
    }
}
