//! SQLite: one writer at a time, full-text search by FTS5.

use std::time::{Duration, Instant};

use backon::{BlockingRetryable as _, ConstantBuilder};
use diesel::{
    connection::{AnsiTransactionManager, TransactionManager as _},
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
    database::BUSY_TIMEOUT,
    error::{self, StorageError},
    rows::{NewPostRow, PostRow, RequestRow, SecretRow},
    schema::{idempotency_keys, posts, secrets},
    sql_types::{StoredTimestamp, StoredUuid},
};

/// The maximum number of rows that FTS5 may read for each post that it checks.
///
/// To check some posts, FTS5 reads its index from the row of the first post to the row of the last
/// post, with all rows between them. If there are more rows than this maximum, the check takes too
/// long. See docs/BENCHMARKS.md, "Thresholds of searches".
const ROWS_PER_POST: i64 = 40;

/// The time between two attempts to lock the file for a transaction that writes.
///
/// SQLite's own wait makes only about ten attempts per second. They can all miss the short times
/// between the transactions of another process that writes without a break.
const LOCK_DELAY: Duration = Duration::from_millis(1);

impl Engine for SqliteConnection {
    fn begin_write(&mut self) -> QueryResult<()> {
        // A plain `BEGIN` takes the write lock only at the first write. If the transaction has read
        // before, and another process holds the write lock, that write can fail at once. The busy
        // timeout does not apply to it.
        let begin = || AnsiTransactionManager::begin_transaction_sql(self, "BEGIN IMMEDIATE");
        let attempts = ConstantBuilder::new().with_delay(LOCK_DELAY).without_max_times();
        let start = Instant::now();
        begin
            .retry(attempts)
            .when(|error| error::is_locked(error) && start.elapsed() < BUSY_TIMEOUT)
            .call()
    }

    fn begin_snapshot(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction(self)
    }

    fn find_row(&mut self, id: StoredUuid) -> QueryResult<Option<PostRow>> {
        posts::table.find(id).select(PostRow::as_select()).get_result(self).optional()
    }

    fn find_for_update(&mut self, id: StoredUuid, scope: Scope) -> QueryResult<Option<PostRow>> {
        // The transaction holds the only write lock.
        let post = posts::table.find(id).filter(in_scope(scope)).select(PostRow::as_select());
        post.first(self).optional()
    }

    fn insert_posts(&mut self, posts: &[NewPostRow]) -> QueryResult<()> {
        for post in posts {
            diesel::insert_into(posts::table).values(post).execute(self)?;
        }
        Ok(())
    }

    fn record_request(
        &mut self,
        request: &RequestRow,
        expired: StoredTimestamp,
    ) -> Result<RecordedRequest, StorageError> {
        let recorded = upsert_request!(self, request, expired)?;
        Ok(if recorded > 0 { RecordedRequest::New } else { RecordedRequest::KeyInUse })
    }

    fn expired_requests(
        &mut self,
        expired: StoredTimestamp,
        limit: i64,
    ) -> QueryResult<Vec<String>> {
        let keys = idempotency_keys::table.select(idempotency_keys::key);
        keys.filter(idempotency_keys::recorded_at.lt(expired)).limit(limit).load(self)
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
        ("posts.id IN (", ")")
    }

    fn plan_search(&mut self, search: &Search, _: Purpose) -> QueryResult<SearchPlan> {
        let terms = fts5_query(search);
        let found = sql::<BigInt>(
            "(SELECT COUNT(*) FROM (SELECT 1 FROM post_words WHERE post_words MATCH ",
        );
        let found = found.bind::<Text, _>(&terms).sql(" LIMIT ").bind::<BigInt, _>(FEW_MATCHES + 1);
        let is_selective = select(found.sql("))")).get_result::<i64>(self)? <= FEW_MATCHES;
        // After a unary `+`, SQLite does not use the column to look up rows.
        let number = if is_selective { "posts.number" } else { "+posts.number" };
        let matches = sql::<Bool>(number)
            .sql(" IN (SELECT rowid FROM post_words WHERE post_words MATCH ")
            .bind::<Text, _>(terms)
            .sql(")");
        Ok(SearchPlan { condition: Box::new(matches), is_selective })
    }

    fn match_among(
        &mut self,
        search: &Search,
        ids: &[StoredUuid],
    ) -> QueryResult<Option<Condition>> {
        let rows = posts::table.filter(posts::id.eq_any(ids.iter().copied()));
        let numbers: Vec<i64> = rows.select(sql::<BigInt>("posts.number")).load(self)?;
        let first = numbers.iter().min().copied().unwrap_or_default();
        let last = numbers.iter().max().copied().unwrap_or_default();
        let most = i64::try_from(ids.len()).unwrap_or(i64::MAX).saturating_mul(ROWS_PER_POST);
        if last - first > most {
            return Ok(None);
        }
        let matches =
            sql::<Bool>("+posts.number IN (SELECT rowid FROM post_words WHERE post_words MATCH ");
        let matches = matches.bind::<Text, _>(fts5_query(search)).sql(" AND rowid BETWEEN ");
        let matches = matches.bind::<BigInt, _>(first).sql(" AND ").bind::<BigInt, _>(last);
        Ok(Some(Box::new(matches.sql(")"))))
    }

    fn count_matches(&mut self, search: &Search) -> QueryResult<Option<i64>> {
        let total = sql::<BigInt>("(SELECT COUNT(*) FROM post_words WHERE post_words MATCH ");
        select(total.bind::<Text, _>(fts5_query(search)).sql(")")).get_result(self).map(Some)
    }
}

/// Converts a search to the query syntax of FTS5.
fn fts5_query(search: &Search) -> String {
    quoted_terms(search, '"', " AND ")
}
