//! Tests of PostgreSQL: closed connections, locks, and server messages in other languages.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::{
    process::ExitCode,
    thread::{self, JoinHandle},
    time::Instant,
};

use diesel::{
    PgConnection,
    connection::SimpleConnection as _,
    prelude::*,
    sql_types::{BigInt, Integer},
};
use domain::{
    Content, Fingerprint, IdempotencyKey, KeyedRequest, NewPost, PageSize, Post, PostChanges,
    PostFilter, PostId, PostOrder, PostQuery, Precondition, Scope, Secret, Timestamp, Title,
    Window,
    ports::{
        Insertion, PostArchive as _, PostRepository as _, PreviewSecretStore as _, RepositoryError,
    },
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use storage_contract::Missing;
use storage_diesel::{DieselPostRepository, testing::TestPostgres};
use uuid::Uuid;

use self::common::{block_on, on_postgres, open};

fn main() -> ExitCode {
    let trials = vec![
        on_postgres(
            "a_request_whose_key_is_in_progress_is_answered_soon",
            a_request_whose_key_is_in_progress_is_answered_soon,
        ),
        on_postgres(
            "a_request_waits_for_the_outcome_of_the_one_in_progress",
            a_request_waits_for_the_outcome_of_the_one_in_progress,
        ),
        on_postgres(
            "reads_succeed_after_the_server_closed_every_connection",
            reads_succeed_after_the_server_closed_every_connection,
        ),
        on_postgres(
            "a_table_of_another_program_is_refused_and_left_unchanged",
            a_table_of_another_program_is_refused_and_left_unchanged,
        ),
        on_postgres(
            "several_instances_return_the_same_preview_secret",
            several_instances_return_the_same_preview_secret,
        ),
        on_postgres_in_german(
            "in_german_a_locked_table_is_a_temporary_failure",
            a_locked_table_is_a_temporary_failure,
        ),
        on_postgres_in_german("in_german_a_key_in_progress_is_recognized", |database, url| {
            a_key_in_progress_is_recognized(&open(url), database)
        }),
        on_postgres_in_german(
            "in_german_reads_succeed_after_the_server_closed_every_connection",
            |database, url| assert_reads_succeed_after_closed_connections(&open(url), database),
        ),
        on_postgres_in_german(
            "in_german_inserting_an_existing_id_is_a_conflict",
            inserting_an_existing_id_is_a_conflict,
        ),
    ];
    let arguments = Arguments::from_args();
    TestPostgres::announce_server();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Creates a test that connects as a role with German server messages. The role may not change the
/// language.
fn on_postgres_in_german(name: &str, test: fn(&TestPostgres, &str)) -> Trial {
    Trial::ignorable_test(name, move || -> Result<Completion, Failed> {
        let database = TestPostgres::create();
        let with_role = database.and_then(|database| {
            let url = database.url_of_role_with("lc_messages = 'de_DE.UTF-8'")?;
            is_german(&url)?;
            Ok((database, url))
        });
        match with_role {
            Ok((database, url)) => {
                test(&database, &url);
                Ok(Completion::Completed)
            }
            Err(why) => Missing(format!("PostgreSQL with German messages: {why}")).completion(),
        }
    })
}

/// Checks that the server's messages are in German.
fn is_german(url: &str) -> Result<(), String> {
    let mut db = PgConnection::establish(url).map_err(|error| error.to_string())?;
    match db.batch_execute("SELECT 1 / 0") {
        Err(error) if error.to_string() == "Division durch Null" => Ok(()),
        other => Err(format!("no German messages are installed: {other:?}")),
    }
}

fn post(n: u128) -> Post {
    let new = NewPost::new(Title::new("A title").unwrap(), Content::new("Some content").unwrap());
    let at = Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap();
    Post::create(PostId::new(Uuid::from_u128(n)), new, at)
}

fn request() -> KeyedRequest {
    KeyedRequest {
        key: IdempotencyKey::new("key").unwrap(),
        owner: None,
        fingerprint: Fingerprint::new([1; 32]),
        at: Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap(),
    }
}

/// Records [`request`] for the post with id 7, in a transaction that stays open.
const RECORD: &str = "BEGIN; INSERT INTO idempotency_keys
    SELECT ':key', decode(repeat('01', 32), 'hex'), '00000000-0000-0000-0000-000000000007',
           '2025-02-27T10:49:38Z'";

fn a_request_whose_key_is_in_progress_is_answered_soon(database: &TestPostgres) {
    a_key_in_progress_is_recognized(&open(&database.url()), database);
}

fn a_key_in_progress_is_recognized(store: &DieselPostRepository, database: &TestPostgres) {
    let mut other = database.connect().unwrap();
    other.batch_execute(RECORD).unwrap();

    block_on(async {
        let asked = Instant::now();
        let answer = store.insert_once(&post(1), &request()).await.unwrap();

        assert_eq!(answer, Insertion::InProgress);
        assert!(asked.elapsed().as_millis() < 1_500, "{:?}", asked.elapsed());
        other.batch_execute("ROLLBACK").unwrap();
        assert_eq!(store.insert_once(&post(1), &request()).await.unwrap(), Insertion::Created);
        assert_eq!(store.count().await.unwrap(), 1);
    });
}

/// Returns the id of the server process of a connection.
fn process_of(db: &mut PgConnection) -> i32 {
    let process = diesel::dsl::sql::<Integer>("pg_backend_pid()");
    diesel::select(process).get_result(db).unwrap()
}

/// Starts a thread that waits until another connection waits for a lock of `db`, and then ends the
/// transaction of `db` with the statement `end`.
fn end_when_another_connection_waits(
    database: &TestPostgres,
    mut db: PgConnection,
    end: &'static str,
) -> JoinHandle<()> {
    let mut observer = database.connect().unwrap();
    let waiting = format!(
        "SELECT 1 / count(*) FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND {} = ANY (pg_blocking_pids(pid))",
        process_of(&mut db)
    );
    thread::spawn(move || {
        // The statement divides by zero until another connection waits.
        while observer.batch_execute(&waiting).is_err() {
            thread::yield_now();
        }
        db.batch_execute(end).unwrap();
    })
}

fn a_request_waits_for_the_outcome_of_the_one_in_progress(database: &TestPostgres) {
    let store = open(&database.url());
    for (end, expected_created) in [("COMMIT", false), ("ROLLBACK", true)] {
        let mut other = database.connect().unwrap();
        other.batch_execute("DELETE FROM idempotency_keys").unwrap();
        other.batch_execute(RECORD).unwrap();

        let ended = end_when_another_connection_waits(database, other, end);
        let answer = block_on(store.insert_once(&post(1), &request())).unwrap();

        ended.join().unwrap();
        match answer {
            Insertion::Created => assert!(expected_created),
            Insertion::AlreadyCreated { id, .. } => {
                assert!(!expected_created);
                assert_eq!(id, PostId::new(Uuid::from_u128(7)));
            }
            answer => panic!("{answer:?}"),
        }
    }
}

fn reads_succeed_after_the_server_closed_every_connection(database: &TestPostgres) {
    assert_reads_succeed_after_closed_connections(&open(&database.url()), database);
}

/// Opens several connections, closes them on the server, and asserts that reads succeed.
fn assert_reads_succeed_after_closed_connections(
    store: &DieselPostRepository,
    database: &TestPostgres,
) {
    const READS: usize = 30;
    let mut admin = database.connect().unwrap();
    block_on(async {
        store.insert(&post(1)).await.unwrap();
        for round in 0..3 {
            let reads = (0..8).map(|_| store.find(post(1).id(), Scope::Everything));
            futures::future::try_join_all(reads).await.unwrap();

            assert!(close_connections(&mut admin, database) > 0, "round {round}");

            for n in 0..READS {
                let found = store.find(post(1).id(), Scope::Everything).await;
                assert_eq!(found.unwrap(), Some(post(1)), "round {round}, read {n}");
            }
            let query = PostQuery {
                scope: Scope::Everything,
                filter: PostFilter::default(),
                order: PostOrder::NEWEST_FIRST,
                window: Window::first(PageSize::DEFAULT),
            };
            close_connections(&mut admin, database);
            assert_eq!(store.list_with_total(&query).await.unwrap().total, 1, "round {round}");
        }
    });
}

/// Closes every other connection to the schema on the server. Returns the number of closed
/// connections.
fn close_connections(admin: &mut PgConnection, database: &TestPostgres) -> i64 {
    let closed = format!(
        "(SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity
          WHERE pid <> pg_backend_pid() AND application_name = '{}')",
        database.name()
    );
    diesel::select(diesel::dsl::sql::<BigInt>(&closed)).get_result(admin).unwrap()
}

fn a_table_of_another_program_is_refused_and_left_unchanged(database: &TestPostgres) {
    let mut other = database.connect().unwrap();
    other.batch_execute("CREATE TABLE posts (id integer, author text)").unwrap();

    let refused = DieselPostRepository::open(database.url().parse().unwrap());

    let error = refused.map(drop).unwrap_err().to_string();
    assert!(error.ends_with("it has a table \"posts\" of another program"), "{error}");
    assert!(!error.contains('\n'));
    let tables =
        format!("(SELECT count(*) FROM pg_tables WHERE schemaname = '{}')", database.name());
    let tables: i64 =
        diesel::select(diesel::dsl::sql::<BigInt>(&tables)).get_result(&mut other).unwrap();
    assert_eq!(tables, 1);
}

fn a_locked_table_is_a_temporary_failure(database: &TestPostgres, url: &str) {
    let store = open(url);
    block_on(store.insert(&post(1))).unwrap();
    let mut other = database.connect().unwrap();
    other.batch_execute("BEGIN; LOCK TABLE posts IN ACCESS EXCLUSIVE MODE").unwrap();

    let (changes, created) = (PostChanges::default(), post(1).record().created_at);
    let read = store.find(post(1).id(), Scope::Everything);
    let write =
        store.update(post(1).id(), Scope::Everything, &changes, &Precondition::NONE, created);
    let (read, written) = block_on(futures::future::join(read, write));

    assert!(matches!(&read, Err(RepositoryError::Unavailable(_))), "{read:?}");
    assert!(matches!(&written, Err(RepositoryError::Unavailable(_))), "{written:?}");
    other.batch_execute("COMMIT").unwrap();
    assert!(block_on(store.find(post(1).id(), Scope::Everything)).unwrap().is_some());
}

fn inserting_an_existing_id_is_a_conflict(_: &TestPostgres, url: &str) {
    let store = open(url);
    block_on(store.insert(&post(1))).unwrap();

    let again = block_on(store.insert(&post(1)));

    assert!(matches!(again, Err(RepositoryError::Conflict)), "{again:?}");
}

/// Another instance stores a secret in a transaction that is still open. The call waits until the
/// transaction ends.
fn several_instances_return_the_same_preview_secret(database: &TestPostgres) {
    let store = open(&database.url());
    let [own, stored] = [1, 2].map(|byte| Secret::new([byte; Secret::BYTES]));
    for (end, expected) in [("ROLLBACK", own), ("COMMIT", stored)] {
        let mut other = database.connect().unwrap();
        other.batch_execute("DELETE FROM secrets").unwrap();
        other
            .batch_execute(
                "BEGIN; INSERT INTO secrets VALUES ('preview', decode(repeat('02', 32), 'hex'))",
            )
            .unwrap();

        let ended = end_when_another_connection_waits(database, other, end);
        let returned = block_on(store.preview_secret_or(own)).unwrap();

        ended.join().unwrap();
        assert_eq!(returned, expected, "{end}");
        assert_eq!(block_on(open(&database.url()).preview_secret_or(own)).unwrap(), expected);
    }
}
