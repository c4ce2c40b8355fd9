//! What becomes of writes that share a commit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use diesel::{
    Connection as _, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
    dsl::sql,
    result::{DatabaseErrorKind, Error as DieselError},
    select,
    sql_types::BigInt,
};
use tempfile::TempDir;
use tokio::{join, time::timeout};

use super::*;
use crate::database::DatabaseUrl;

/// A database with one table of numbers, none of them twice.
fn executor() -> (TempDir, Executor) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("blog.db").display());
    let database = url.parse::<DatabaseUrl>().unwrap().into_database();
    let executor = Executor::open(database).unwrap();
    let mut db = second_connection(&folder);
    db.batch_execute("CREATE TABLE numbers (n BIGINT PRIMARY KEY, text TEXT)").unwrap();
    (folder, executor)
}

fn second_connection(folder: &TempDir) -> SqliteConnection {
    SqliteConnection::establish(folder.path().join("blog.db").to_str().unwrap()).unwrap()
}

fn insert(db: &mut AnyConnection, n: u32) -> Result<(), StorageError> {
    Ok(db.batch_execute(&format!("INSERT INTO numbers (n) VALUES ({n})"))?)
}

/// The sum of the numbers: tells which are there if each is twice the one before.
fn sum(db: &mut AnyConnection) -> Result<i64, StorageError> {
    Ok(select(sql::<BigInt>("(SELECT COALESCE(SUM(n), 0) FROM numbers)")).get_result(db)?)
}

#[tokio::test]
async fn a_change_that_fails_undoes_itself_and_no_other() {
    let (_folder, executor) = executor();

    let (first, failed, last) = join!(
        executor.write(|db| insert(db, 1)),
        executor.write(|db| insert(db, 2).and(Err::<(), _>(StorageError::NotFound))),
        executor.write(|db| insert(db, 4)),
    );

    assert!(first.is_ok() && last.is_ok());
    assert!(matches!(failed, Err(RepositoryError::NotFound)), "{failed:?}");
    assert_eq!(executor.read(sum).await.unwrap(), 1 + 4);
}

#[tokio::test]
async fn a_change_that_panics_undoes_itself_and_no_other() {
    let (_folder, executor) = executor();

    let (first, failed, last) = join!(
        executor.write(|db| insert(db, 1)),
        executor.write(|db| -> Result<(), _> {
            insert(db, 2)?;
            panic!("this panic is part of a test")
        }),
        executor.write(|db| insert(db, 4)),
    );

    assert!(first.is_ok() && last.is_ok());
    let Err(RepositoryError::Backend(cause)) = failed else { panic!("{failed:?}") };
    assert_eq!(cause.to_string(), "the query panicked: this panic is part of a test");
    assert_eq!(executor.read(sum).await.unwrap(), 1 + 4);
}

#[tokio::test]
async fn a_query_that_panics_fails_alone() {
    let (_folder, executor) = executor();

    let failed = executor.read(|_| -> Result<(), _> { panic!("this panic is part of a test") });

    assert!(matches!(failed.await, Err(RepositoryError::Backend(_))));
    assert_eq!(executor.read(sum).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_answered_is_what_happened_when_the_disk_is_full() {
    let (_folder, executor) = executor();
    let set_pages = |pages: u32| {
        executor.write(move |db| Ok(db.batch_execute(&format!("PRAGMA max_page_count = {pages}"))?))
    };
    set_pages(1).await.unwrap(); // SQLite takes this for: as many as there are.
    let fill = "UPDATE numbers SET text = hex(randomblob(100000))";

    let (first, full, last) = join!(
        executor.write(|db| insert(db, 1)),
        executor.write(|db| insert(db, 2).and(Ok(db.batch_execute(fill)?))),
        executor.write(|db| insert(db, 4)),
    );

    assert!(matches!(full, Err(RepositoryError::Unavailable(_))), "{full:?}");
    let expected = i64::from(first.is_ok()) + 4 * i64::from(last.is_ok());
    assert_eq!(executor.read(sum).await.unwrap(), expected);
    set_pages(100_000).await.unwrap();
    executor.write(|db| insert(db, 8)).await.unwrap();
    assert_eq!(executor.read(sum).await.unwrap(), expected + 8);
}

#[tokio::test]
async fn a_lock_held_elsewhere_is_waited_for_but_not_for_ever() {
    let (folder, executor) = executor();
    let mut other = second_connection(&folder);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let refused = timeout(Duration::from_secs(10), executor.write(|db| insert(db, 1))).await;

    let refused = refused.unwrap();
    assert!(matches!(refused, Err(RepositoryError::Unavailable(_))), "{refused:?}");
    assert_eq!(executor.read(sum).await.unwrap(), 0, "reads go on");
    other.batch_execute("COMMIT").unwrap();
    executor.write(|db| insert(db, 2)).await.unwrap();
    assert_eq!(executor.read(sum).await.unwrap(), 2);
}

#[tokio::test]
async fn what_its_caller_no_longer_waits_for_does_not_happen() {
    let (folder, executor) = executor();
    let mut other = second_connection(&folder);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let abandoned = timeout(Duration::from_millis(100), executor.write(|db| insert(db, 1))).await;

    assert!(abandoned.is_err());
    other.batch_execute("COMMIT").unwrap();
    executor.write(|db| insert(db, 2)).await.unwrap();
    assert_eq!(executor.read(sum).await.unwrap(), 2);
}

#[tokio::test]
async fn more_writes_than_fit_the_queue_all_happen() {
    let (_folder, executor) = executor();

    let writes = (0..1_000).map(|n| executor.write(move |db| insert(db, n)));
    for result in futures::future::join_all(writes).await {
        result.unwrap();
    }

    assert_eq!(executor.read(sum).await.unwrap(), (0..1_000).sum::<i64>());
}

/// How often a transaction is run that the database asks for again `times` times.
async fn runs_of_a_transaction_asked_for_again(times: u32) -> (Result<(), StorageError>, u32) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("blog.db").display());
    let database = url.parse::<DatabaseUrl>().unwrap().into_database();
    database.prepare().unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);

    let pool = Pool::new(database);
    let result = pool.write(move |_| {
        if counted.fetch_add(1, Ordering::Relaxed) < times {
            let kind = DatabaseErrorKind::SerializationFailure;
            return Err(DieselError::DatabaseError(kind, Box::new(String::new())).into());
        }
        Ok(())
    });

    (result.await, runs.load(Ordering::Relaxed))
}

#[tokio::test]
async fn an_aborted_transaction_is_run_again_up_to_three_times() {
    for times in 0..=3 {
        let (result, runs) = runs_of_a_transaction_asked_for_again(times).await;

        assert!(result.is_ok(), "{result:?}");
        assert_eq!(runs, times + 1);
    }
    let (result, runs) = runs_of_a_transaction_asked_for_again(4).await;
    assert!(result.is_err());
    assert_eq!(runs, 4);
}
