//! The differences between the SQL engines in queries: one trait, and one file for each engine.
//!
//! Queries are written once, in [`queries`](crate::queries), and do not depend on the engine. Each
//! difference between the engines is a method of [`Engine`].

mod postgres;
mod sqlite;

use diesel::{dsl::GtEq, prelude::*, sql_types::Bool};
use domain::{Scope, Search};

pub(crate) use self::postgres::{LOCK_TIMEOUT, STATEMENT_TIMEOUT};

use crate::{
    connection::{AnyConnection, MultiBackend},
    error::StorageError,
    rows::{NewPostRow, PostRow, RequestRow, SecretRow},
    schema::posts,
    sql_types::{StoredTimestamp, StoredUuid},
};

/// A condition on posts.
pub(crate) type Condition = Box<dyn BoxableExpression<posts::table, MultiBackend, SqlType = Bool>>;

/// A SQL engine.
pub(crate) trait Engine {
    /// Begins a transaction that writes. SQLite locks the file at once, so that the transaction
    /// does not fail later because of another writer.
    fn begin_write(&mut self) -> QueryResult<()>;

    /// Begins a read-only transaction whose statements all see the same snapshot.
    fn begin_snapshot(&mut self) -> QueryResult<()>;

    /// Returns the post with this id.
    ///
    /// This is the most frequent query. On a connection to one engine, diesel finds its prepared
    /// statement without building its SQL.
    fn find_row(&mut self, id: StoredUuid) -> QueryResult<Option<PostRow>>;

    /// Returns the post with this id, and keeps other transactions from changing it until this
    /// transaction ends.
    fn find_for_update(&mut self, id: StoredUuid, scope: Scope) -> QueryResult<Option<PostRow>>;

    /// Inserts posts, either with one statement for all of them or with one for each.
    fn insert_posts(&mut self, posts: &[NewPostRow]) -> QueryResult<()>;

    /// Records a request with an idempotency key, unless the key is in use. Replaces the record of
    /// the key if it is older than `expired`.
    fn record_request(
        &mut self,
        request: &RequestRow,
        expired: StoredTimestamp,
    ) -> Result<RecordedRequest, StorageError>;

    /// Returns the keys of up to `limit` requests recorded before `expired`. Skips requests that
    /// another transaction has locked.
    fn expired_requests(
        &mut self,
        expired: StoredTimestamp,
        limit: i64,
    ) -> QueryResult<Vec<String>>;

    /// Inserts a secret, unless a secret with this name is stored.
    fn insert_secret(&mut self, secret: &SecretRow) -> QueryResult<()>;

    /// Inserts a secret, or replaces the one with this name.
    fn upsert_secret(&mut self, secret: &SecretRow) -> QueryResult<()>;

    /// Returns a prefix and a suffix. `prefix + subquery + suffix` is the condition that the id of
    /// a post is in the result of the subquery.
    fn id_in_subquery(&self) -> (&'static str, &'static str);

    /// Prepares this transaction for a query with a search and returns how to express the search.
    fn plan_search(&mut self, search: &Search, purpose: Purpose) -> QueryResult<SearchPlan>;

    /// Returns the condition that a post matches a search. The condition may be used only on the
    /// posts `ids`. Returns `None` if the engine cannot limit the search to these posts.
    fn match_among(
        &mut self,
        search: &Search,
        ids: &[StoredUuid],
    ) -> QueryResult<Option<Condition>>;

    /// Counts the posts that match a search. Returns `None` if the engine cannot count them from
    /// the search index alone.
    fn count_matches(&mut self, search: &Search) -> QueryResult<Option<i64>>;
}

/// Returns the condition that a post is in scope.
pub(crate) fn in_scope(scope: Scope) -> GtEq<posts::published, bool> {
    // In SQL, false is less than true. The SQL is the same for every scope, so that diesel uses the
    // same prepared statement.
    posts::published.ge(!scope.includes_published(false))
}

/// Returns the same condition in a form for which the planner does not use an index.
pub(crate) fn not_indexed(condition: Condition) -> Condition {
    Box::new(condition.eq(true))
}

/// The purpose of a query with a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The first matches in an order are listed.
    List,
    /// All matches are counted.
    Count,
}

/// How to express a search in a query.
pub(crate) struct SearchPlan {
    /// The condition that a post matches.
    pub(crate) condition: Condition,
    /// Whether the matches are few, so that the query should start from them. Other conditions
    /// must then be hidden from the planner by [`not_indexed`].
    pub(crate) is_selective: bool,
}

/// The result of recording a request.
pub(crate) enum RecordedRequest {
    /// The request is recorded.
    New,
    /// The key is in use.
    KeyInUse,
    /// Another transaction is recording a request with the same key.
    InProgress,
}

impl AnyConnection {
    /// Returns the engine behind this connection.
    pub(crate) fn engine(&mut self) -> &mut dyn Engine {
        match self {
            Self::Sqlite(db) => db,
            Self::Postgres(db) => db,
        }
    }
}

/// Records a request on one engine. Replaces the record of its key if it is older than `expired`.
///
/// This is a macro, because diesel supports an upsert on a single engine only, not on
/// [`AnyConnection`].
macro_rules! upsert_request {
    ($db:expr, $request:expr, $expired:expr) => {{
        use crate::schema::idempotency_keys::{
            self as requests, fingerprint, key, post_id, recorded_at,
        };
        let upsert =
            diesel::insert_into(requests::table).values($request).on_conflict(key).do_update();
        let upsert = upsert.set((
            fingerprint.eq(diesel::upsert::excluded(fingerprint)),
            post_id.eq(diesel::upsert::excluded(post_id)),
            recorded_at.eq(diesel::upsert::excluded(recorded_at)),
        ));
        diesel::query_dsl::methods::FilterDsl::filter(upsert, recorded_at.lt($expired)).execute($db)
    }};
}
use upsert_request;

/// The maximum number of matches for which a query starts from the search index. With more matches,
/// SQLite reads posts in order until enough of them match, and PostgreSQL's planner decides.
/// See docs/BENCHMARKS.md, "Thresholds of searches".
const FEW_MATCHES: i64 = 2_000;

/// Puts each term of a search in quotes and joins the terms with `and`. A term contains only
/// letters, digits and combining marks, so it needs no escaping.
fn quoted_terms(search: &Search, quote: char, and: &str) -> String {
    let terms: Vec<String> = search.terms().map(|term| format!("{quote}{term}{quote}")).collect();
    terms.join(and)
}
