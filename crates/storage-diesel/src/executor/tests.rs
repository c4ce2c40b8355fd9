//! Tests of writes that share a transaction, of locks and of repeated transactions.

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
use futures::future::join_all;
use tempfile::TempDir;
use tokio::{join, time::timeout};

use super::*;
use crate::database::DatabaseUrl;

/// Creates a database and adds a table of unique numbers.
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

/// Returns the sum of the numbers. Powers of two have a different sum for each subset.
fn sum(db: &mut AnyConnection) -> Result<i64, StorageError> {
    Ok(select(sql::<BigInt>("(SELECT COALESCE(SUM(n), 0) FROM numbers)")).get_result(db)?)
}

#[tokio::test]
async fn a_failed_write_does_not_roll_back_other_writes() {
    let (_folder, executor) = executor();

    let (first, failed, last) = join!(
        executor.write(vec![], |db| insert(db, 1)),
        executor.write(vec![], |db| insert(db, 2).and(Err::<(), _>(StorageError::NotFound))),
        executor.write(vec![], |db| insert(db, 4)),
    );

    assert!(first.is_ok() && last.is_ok());
    assert!(matches!(failed, Err(RepositoryError::NotFound)), "{failed:?}");
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), 1 + 4);
}

#[tokio::test]
async fn a_write_that_panics_does_not_roll_back_other_writes() {
    let (_folder, executor) = executor();

    let (first, failed, last) = join!(
        executor.write(vec![], |db| insert(db, 1)),
        executor.write(vec![], |db| -> Result<(), _> {
            insert(db, 2)?;
            panic!("this panic is part of a test")
        }),
        executor.write(vec![], |db| insert(db, 4)),
    );

    assert!(first.is_ok() && last.is_ok());
    let Err(RepositoryError::Backend(cause)) = failed else { panic!("{failed:?}") };
    assert_eq!(cause.to_string(), "the query panicked: this panic is part of a test");
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), 1 + 4);
}

#[tokio::test]
async fn a_read_that_panics_does_not_break_later_reads() {
    let (_folder, executor) = executor();

    let failed = executor
        .read(Workload::Lookup, |_| -> Result<(), _> { panic!("this panic is part of a test") });

    assert!(matches!(failed.await, Err(RepositoryError::Backend(_))));
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), 0);
}

#[tokio::test]
async fn results_match_the_stored_data_when_the_disk_is_full() {
    let (_folder, executor) = executor();
    let set_pages = |pages: u32| {
        executor.write(vec![], move |db| {
            Ok(db.batch_execute(&format!("PRAGMA max_page_count = {pages}"))?)
        })
    };
    // If the limit is less than the current size, SQLite sets the current size as the limit.
    set_pages(1).await.unwrap();
    let fill = "UPDATE numbers SET text = hex(randomblob(100000))";

    let (first, full, last) = join!(
        executor.write(vec![], |db| insert(db, 1)),
        executor.write(vec![], |db| insert(db, 2).and(Ok(db.batch_execute(fill)?))),
        executor.write(vec![], |db| insert(db, 4)),
    );

    assert!(matches!(full, Err(RepositoryError::Unavailable(_))), "{full:?}");
    let expected = i64::from(first.is_ok()) + 4 * i64::from(last.is_ok());
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), expected);
    set_pages(100_000).await.unwrap();
    executor.write(vec![], |db| insert(db, 8)).await.unwrap();
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), expected + 8);
}

#[tokio::test]
async fn a_write_waits_a_limited_time_for_a_lock() {
    let (folder, executor) = executor();
    let mut other = second_connection(&folder);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let refused =
        timeout(Duration::from_secs(10), executor.write(vec![], |db| insert(db, 1))).await;

    let refused = refused.unwrap();
    assert!(matches!(refused, Err(RepositoryError::Unavailable(_))), "{refused:?}");
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), 0, "reads still succeed");
    other.batch_execute("COMMIT").unwrap();
    executor.write(vec![], |db| insert(db, 2)).await.unwrap();
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_can_write_while_this_one_has_many_writes() {
    let (folder, executor) = executor();
    let url = format!("sqlite://{}", folder.path().join("blog.db").display());
    let other = Executor::open(url.parse::<DatabaseUrl>().unwrap().into_database()).unwrap();
    // The queue is never empty, and each transaction takes much longer than the time between two.
    let long_write = |db: &mut AnyConnection| {
        let text = "INSERT INTO numbers (text) VALUES (hex(randomblob(100000)))";
        Ok(db.batch_execute(&format!("{text}; DELETE FROM numbers WHERE n IS NULL"))?)
    };
    let write = async || {
        loop {
            executor.write(vec![], long_write).await.unwrap();
        }
    };
    let other_writes = async {
        for n in 0..30 {
            other.write(vec![], move |db| insert(db, n)).await.unwrap();
        }
    };

    tokio::select! {
        _ = join_all((0..100).map(|_| write())) => {}
        () = other_writes => {}
    }

    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), (0..30).sum::<i64>());
}

#[tokio::test]
async fn a_write_does_not_wait_for_many_slow_writes() {
    let (_folder, executor) = executor();
    let started = Arc::new(AtomicU32::new(0));
    let slow_write = |n: u32| {
        let started = Arc::clone(&started);
        executor.write(vec![], move |db| {
            started.fetch_add(1, Ordering::Relaxed);
            let text = "INSERT INTO numbers (text) VALUES (hex(randomblob(1000000)))";
            db.batch_execute(&format!("{text}; DELETE FROM numbers WHERE n IS NULL"))?;
            insert(db, n)
        })
    };

    let writes = (0..60).map(async |n| {
        slow_write(n).await.unwrap();
        started.load(Ordering::Relaxed)
    });
    let started_at_the_end_of_each = join_all(writes).await;

    let waited_for_all =
        started_at_the_end_of_each.iter().filter(|started| **started == 60).count();
    assert!(waited_for_all < 30, "{started_at_the_end_of_each:?}");
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), (0..60).sum::<i64>());
}

#[tokio::test]
async fn a_write_whose_caller_timed_out_is_skipped() {
    let (folder, executor) = executor();
    let mut other = second_connection(&folder);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let abandoned =
        timeout(Duration::from_millis(100), executor.write(vec![], |db| insert(db, 1))).await;

    assert!(abandoned.is_err());
    other.batch_execute("COMMIT").unwrap();
    executor.write(vec![], |db| insert(db, 2)).await.unwrap();
    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), 2);
}

#[tokio::test]
async fn all_writes_succeed_when_they_exceed_the_queue() {
    let (_folder, executor) = executor();

    let writes = (0..1_000).map(|n| executor.write(vec![], move |db| insert(db, n)));
    for result in join_all(writes).await {
        result.unwrap();
    }

    assert_eq!(executor.read(Workload::Lookup, sum).await.unwrap(), (0..1_000).sum::<i64>());
}

/// Runs a transaction that fails `aborts` times as if the database aborted it. Returns its result
/// and the number of runs.
async fn run_aborted_transaction(aborts: u32) -> (Result<(), StorageError>, u32) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("blog.db").display());
    let database = url.parse::<DatabaseUrl>().unwrap().into_database();
    database.prepare().unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);

    let lanes = Lanes::start(database, None).unwrap();
    let change = in_transaction(move |_: &mut AnyConnection| {
        if counted.fetch_add(1, Ordering::Relaxed) < aborts {
            let kind = DatabaseErrorKind::SerializationFailure;
            return Err(DieselError::DatabaseError(kind, Box::new(String::new())).into());
        }
        Ok(())
    });

    // SQLite has no threads for writes.
    let result = lanes.of(Workload::Lookup).run(false, change).await;

    (result, runs.load(Ordering::Relaxed))
}

#[tokio::test]
async fn an_aborted_transaction_is_repeated_up_to_three_times() {
    for aborts in 0..=3 {
        let (result, runs) = run_aborted_transaction(aborts).await;

        assert!(result.is_ok(), "{result:?}");
        assert_eq!(runs, aborts + 1);
    }
    let (result, runs) = run_aborted_transaction(4).await;
    assert!(result.is_err());
    assert_eq!(runs, 4);
}
