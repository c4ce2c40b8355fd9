//! PostgreSQL: concurrent writers, row locks, full-text search by `tsvector`.

use std::time::{Duration, Instant};

use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _},
    dsl::sql,
    prelude::*,
    select,
    sql_types::{BigInt, Bool, Text},
};
use domain::{Scope, Search};

use super::{
    Condition, Engine, FEW_MATCHES, Purpose, RecordedRequest, SearchPlan, in_scope, quoted_terms,
    upsert_request,
};
use crate::{
    error::StorageError,
    rows::{NewPostRow, PostRow, RequestRow, SecretRow},
    schema::{idempotency_keys, posts, secrets},
    sql_types::{StoredTimestamp, StoredUuid},
};

/// How long the server may work on one statement. This is shorter than the deadline of a call.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a statement may wait for a lock. This is shorter than the deadline of a call.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long to wait for another transaction that is recording a request with the same key. A
/// transaction without problems ends within this time. The time is shorter than the deadline of a
/// call.
const RECORD_TIMEOUT: Duration = Duration::from_millis(500);

/// The memory for the bitmap of a search's matches. With less memory, the bitmap contains pages
/// instead of rows, and PostgreSQL checks every row of these pages again. docs/BENCHMARKS.md,
/// "Thresholds of searches", measures this setting and the planner settings below.
const SEARCH_MEMORY: &str = "SET LOCAL work_mem = '32MB'";

impl Engine for PgConnection {
    fn begin_write(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction(self)
    }

    fn begin_snapshot(&mut self) -> QueryResult<()> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
        AnsiTransactionManager::begin_transaction_sql(self, begin)
    }

    fn find_row(&mut self, id: StoredUuid) -> QueryResult<Option<PostRow>> {
        posts::table.find(id).select(PostRow::as_select()).get_result(self).optional()
    }

    fn find_for_update(&mut self, id: StoredUuid, scope: Scope) -> QueryResult<Option<PostRow>> {
        let post = posts::table.find(id).filter(in_scope(scope)).select(PostRow::as_select());
        post.for_update().first(self).optional()
    }

    fn insert_posts(&mut self, posts: &[NewPostRow]) -> QueryResult<()> {
        // One statement inserts all posts, because each statement is a round trip.
        diesel::insert_into(posts::table).values(posts).execute(self)?;
        Ok(())
    }

    fn record_request(
        &mut self,
        request: &RequestRow,
        expired: StoredTimestamp,
    ) -> Result<RecordedRequest, StorageError> {
        let started = Instant::now();
        // This is a savepoint. Rolling it back also resets the lock timeout.
        let recorded = self.transaction(|db| {
            set_lock_timeout(db, RECORD_TIMEOUT)?;
            let recorded = upsert_request!(db, request, expired)?;
            set_lock_timeout(db, LOCK_TIMEOUT)?;
            Ok::<_, StorageError>(recorded)
        });
        match recorded {
            Ok(0) => Ok(RecordedRequest::KeyInUse),
            Ok(_) => Ok(RecordedRequest::New),
            Err(error) if error.is_timeout(started.elapsed(), RECORD_TIMEOUT) => {
                Ok(RecordedRequest::InProgress)
            }
            Err(error) => Err(error),
        }
    }

    fn expired_requests(
        &mut self,
        expired: StoredTimestamp,
        limit: i64,
    ) -> QueryResult<Vec<String>> {
        let keys = idempotency_keys::table.select(idempotency_keys::key);
        let keys = keys.filter(idempotency_keys::recorded_at.lt(expired)).limit(limit);
        keys.for_update().skip_locked().load(self)
    }

    fn insert_secret(&mut self, secret: &SecretRow) -> QueryResult<()> {
        let insert = diesel::insert_into(secrets::table).values(secret);
        insert.on_conflict_do_nothing().execute(self)?;
        Ok(())
    }

    fn upsert_secret(&mut self, secret: &SecretRow) -> QueryResult<()> {
        let insert = diesel::insert_into(secrets::table).values(secret);
        insert.on_conflict(secrets::name).do_update().set(secret).execute(self)?;
        Ok(())
    }

    fn id_in_subquery(&self) -> (&'static str, &'static str) {
        // PostgreSQL treats `IN` as a join, which takes twice as long to plan. The planning time
        // matters, because PostgreSQL plans a prepared statement again for every value of the
        // limit.
        ("posts.id = ANY (ARRAY(", "))")
    }

    fn plan_search(&mut self, search: &Search, purpose: Purpose) -> QueryResult<SearchPlan> {
        let terms = tsquery(search);
        let is_selective = match purpose {
            Purpose::Count => {
                self.batch_execute(SEARCH_MEMORY)?;
                false
            }
            Purpose::List => {
                // Reading the whole table without an index is never the best plan for a search.
                self.batch_execute(&format!("{SEARCH_MEMORY}; SET LOCAL enable_seqscan = off"))?;
                let found =
                    sql::<BigInt>("(SELECT COUNT(*) FROM (SELECT FROM posts WHERE words @@ ");
                let found = found.bind::<Text, _>(&terms).sql("::tsquery LIMIT ");
                let found = found.bind::<BigInt, _>(FEW_MATCHES + 1).sql(") AS found)");
                let is_selective = select(found).get_result::<i64>(self)? <= FEW_MATCHES;
                if is_selective {
                    // If few posts match, reading posts in the order of the list is not the best
                    // plan either. With both plans disabled, PostgreSQL uses the full-text index.
                    self.batch_execute("SET LOCAL enable_indexscan = off")?;
                }
                is_selective
            }
        };
        Ok(SearchPlan { condition: matches(terms), is_selective })
    }

    fn match_among(&mut self, search: &Search, _: &[StoredUuid]) -> QueryResult<Option<Condition>> {
        Ok(Some(matches(tsquery(search))))
    }

    fn count_matches(&mut self, _: &Search) -> QueryResult<Option<i64>> {
        Ok(None)
    }
}

/// Limits how long each later statement of this transaction waits for a lock.
fn set_lock_timeout(db: &mut PgConnection, timeout: Duration) -> QueryResult<()> {
    db.batch_execute(&format!("SET LOCAL lock_timeout = {}", timeout.as_millis()))
}

fn matches(tsquery: String) -> Condition {
    Box::new(sql::<Bool>("posts.words @@ ").bind::<Text, _>(tsquery).sql("::tsquery"))
}

/// Converts a search to the syntax of `tsquery`.
fn tsquery(search: &Search) -> String {
    quoted_terms(search, '\'', " & ")
}
