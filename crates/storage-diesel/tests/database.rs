//! What the contract does not ask of a store, and a database has to do all the same.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

use std::{process::ExitCode, time::Instant};

use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _, dsl::sql, select, sql_types::Integer,
};
use domain::{
    Content, Fingerprint, IdempotencyKey, KeyedRequest, NewPost, Post, PostChanges, PostFilter,
    PostId, Precondition, Search, Selection, Timestamp, Title,
    ports::{Insertion, PostArchive as _, PostRepository as _},
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use storage_contract::Missing;
use storage_diesel::{DieselPostRepository, testing::TestPostgres};
use uuid::Uuid;

fn main() -> ExitCode {
    let trials = vec![
        Trial::test("sqlite::posts_of_an_earlier_version_are_kept_counted_and_found", || {
            sqlite_of_an_earlier_version();
            Ok(())
        }),
        on_postgres(
            "postgres::posts_of_an_earlier_version_are_kept_counted_and_found",
            postgres_of_an_earlier_version,
        ),
        on_postgres(
            "postgres::a_request_whose_key_is_under_way_is_told_so_soon",
            a_request_whose_key_is_under_way_is_told_so_soon,
        ),
        on_postgres(
            "postgres::a_request_waits_for_what_becomes_of_the_one_under_way",
            a_request_waits_for_what_becomes_of_the_one_under_way,
        ),
    ];
    let arguments = Arguments::from_args();
    TestPostgres::announce_server();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn on_postgres(name: &str, test: fn(&TestPostgres)) -> Trial {
    Trial::ignorable_test(name, move || -> Result<Completion, Failed> {
        match TestPostgres::create() {
            Ok(database) => {
                test(&database);
                Ok(Completion::Completed)
            }
            Err(why) => Missing(format!("PostgreSQL: {why}")).completion(),
        }
    })
}

fn block_on<T>(call: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(call)
}

fn open(url: &str) -> DieselPostRepository {
    DieselPostRepository::open(url.parse().unwrap()).unwrap()
}

fn post(n: u32) -> Post {
    let texts = ["It's about Hexagons", "Über Sechsecke 🦀", "О шестиугольниках", "Περί ἑξαγώνων"];
    let text = texts.iter().cycle().nth(usize::try_from(n).unwrap()).unwrap();
    let new = NewPost {
        title: Title::new(format!("Post {n}")).unwrap(),
        content: Content::new(format!("{text}, the {n}th of \\all\\ posts")).unwrap(),
        published: !n.is_multiple_of(3),
    };
    let made = Timestamp::from_unix_micros(i64::from(n) * 1_000_001 - 5_000_000).unwrap();
    let mut post = Post::create(PostId::new(Uuid::from_u128(u128::from(n) << 100)), new, made);
    if n.is_multiple_of(2) {
        let written = Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap();
        post.apply(&PostChanges::default(), written);
    }
    post
}

/// More than are read at once when they are given their words.
fn posts() -> Vec<Post> {
    (0..450).map(post).collect()
}

/// What makes a post in the first version of the tables.
fn insertion(post: &Post, id: &str, time: impl Fn(Timestamp) -> String) -> String {
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

/// How a database knows which migrations it has.
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
        db.batch_execute(&insertion(&post, &id, |time| time.as_unix_micros().to_string())).unwrap();
    }
    db.batch_execute("COMMIT").unwrap();

    block_on(are_kept_counted_and_found(&format!("sqlite://{}", path.display())));
}

fn postgres_of_an_earlier_version(database: &TestPostgres) {
    const TABLES: &str =
        include_str!("../../../migrations/postgres/2026-11-22-000000_create_posts/up.sql");
    let mut db: PgConnection = database.connect().unwrap();
    db.batch_execute(&format!("{TABLES} {FIRST_MIGRATION_ONLY}")).unwrap();
    for post in posts() {
        let time = |time: Timestamp| format!("'{}'", time.as_datetime().to_rfc3339());
        db.batch_execute(&insertion(&post, &format!("'{}'", post.id()), time)).unwrap();
    }

    block_on(are_kept_counted_and_found(&database.url()));
}

async fn are_kept_counted_and_found(url: &str) {
    // The first version of the tables has no versions of posts: each is of the first.
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
        let filter = PostFilter { published, search: Search::parse(text).unwrap() };
        let passes = |post: &&Post| {
            let record = post.record();
            published.is_none_or(|published| record.published == published)
                && filter.search.finds(&domain::search::words_of(record))
        };
        let passing: Vec<PostId> = expected.iter().filter(passes).map(Post::id).collect();
        let selection = Selection { filter: filter.clone(), ..Selection::default() };

        let counted = store.list_counted(&selection, 0, 1_000).await.unwrap();

        let mut ids: Vec<PostId> = counted.posts.iter().map(Post::id).collect();
        ids.sort();
        assert_eq!(ids, passing, "{filter:?}");
        assert_eq!(counted.total, u64::try_from(passing.len()).unwrap());
    }

    for post in &expected {
        store.delete(post.id(), &Precondition::NONE).await.unwrap();
    }
    assert_eq!(store.count().await.unwrap(), 0);
}

fn request() -> KeyedRequest {
    KeyedRequest {
        key: IdempotencyKey::new("key").unwrap(),
        fingerprint: Fingerprint::new([1; 32]),
        at: Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap(),
    }
}

/// Records the key of [`request`] for `post(2)`, in a transaction that is left open.
const RECORD: &str = "BEGIN; INSERT INTO idempotency_keys
    SELECT 'key', decode(repeat('01', 32), 'hex'), '00000000-0000-0000-0000-000000000007',
           '2025-02-27T10:49:38Z'";

fn a_request_whose_key_is_under_way_is_told_so_soon(database: &TestPostgres) {
    let store = open(&database.url());
    let mut other = database.connect().unwrap();
    other.batch_execute(RECORD).unwrap();

    block_on(async {
        let asked = Instant::now();
        let answer = store.insert_once(&post(1), &request()).await.unwrap();

        assert_eq!(answer, Insertion::UnderWay);
        assert!(asked.elapsed().as_millis() < 1_500, "{:?}", asked.elapsed());
        other.batch_execute("ROLLBACK").unwrap();
        assert_eq!(store.insert_once(&post(1), &request()).await.unwrap(), Insertion::Made);
        assert_eq!(store.count().await.unwrap(), 1);
    });
}

/// What PostgreSQL calls the process of a connection by.
fn backend_of(db: &mut PgConnection) -> i32 {
    select(sql::<Integer>("pg_backend_pid()")).get_result(db).unwrap()
}

fn a_request_waits_for_what_becomes_of_the_one_under_way(database: &TestPostgres) {
    let store = open(&database.url());
    for (end, expected_made) in [("COMMIT", false), ("ROLLBACK", true)] {
        let mut other = database.connect().unwrap();
        other.batch_execute("DELETE FROM idempotency_keys").unwrap();
        other.batch_execute(RECORD).unwrap();

        let mut observer = database.connect().unwrap();
        let waiting = format!(
            "SELECT 1 / count(*) FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND {} = ANY (pg_blocking_pids(pid))",
            backend_of(&mut other)
        );
        let ended = std::thread::spawn(move || {
            // An error for as long as no other connection waits.
            while observer.batch_execute(&waiting).is_err() {
                std::thread::yield_now();
            }
            other.batch_execute(end).unwrap();
        });
        let answer = block_on(store.insert_once(&post(1), &request())).unwrap();

        ended.join().unwrap();
        match answer {
            Insertion::Made => assert!(expected_made),
            Insertion::MadeBefore { id, .. } => {
                assert!(!expected_made);
                assert_eq!(id, PostId::new(Uuid::from_u128(7)));
            }
            answer => panic!("{answer:?}"),
        }
    }
}
