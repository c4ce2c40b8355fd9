//! Which posts have all words of a search: the one condition that every database has its own way
//! to ask for. Words are put in quotes, so no database parts or changes them.

use diesel::{
    connection::SimpleConnection as _,
    dsl::{count_star, sql},
    prelude::*,
    select,
    sql_types::{BigInt, Bool, Text},
};
use domain::{PostFilter, Search};

use crate::{
    connection::{AnyConnection, MultiBackend},
    error::StorageError,
    schema::posts,
    sql_types::StoredUuid,
};

/// A condition on posts.
pub(super) type Condition = Box<dyn BoxableExpression<posts::table, MultiBackend, SqlType = Bool>>;

/// How many posts a search may find for each of them to be looked up. Of one that finds more, posts are
/// gone through in their order, whether they are among what was found, until there are enough. The
/// databases have to be told: they guess how many it is from words each for itself, and guess badly
/// of words that seldom stand together.
const FEW: i64 = 2_000;

/// How many rows SQLite may have been given between the first and the last of these posts, for each of
/// them: it looks at what its index of words has of all those.
const SPREAD: i64 = 10;

/// What is done with the posts that pass a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The first of them in an order are listed.
    List,
    /// All are counted.
    Count,
}

/// What a post has to meet to pass a filter.
///
/// A `+` in front of a column keeps SQLite from taking it for a way to the rows. PostgreSQL is told by
/// settings, until the end of the transaction. No statement with a search is kept prepared:
/// PostgreSQL has to see the words to know its ways.
pub(super) fn conditions(
    db: &mut AnyConnection,
    filter: &PostFilter,
    purpose: Purpose,
) -> Result<Vec<Condition>, StorageError> {
    let mut conditions: Vec<Condition> = Vec::new();
    let mut looked_up = false;
    if !filter.search.is_empty() {
        conditions.push(match db {
            AnyConnection::Sqlite(db) => {
                let words = in_sqlite(&filter.search);
                looked_up = finds_few(db, &words)?;
                let number = if looked_up { "posts.number" } else { "+posts.number" };
                let found = sql::<Bool>(number);
                let found = found.sql(" IN (SELECT rowid FROM post_words WHERE post_words MATCH ");
                Box::new(found.bind::<Text, _>(words).sql(")"))
            }
            AnyConnection::Postgres(db) => {
                if purpose == Purpose::List {
                    choose_way(db, &in_postgres(&filter.search))?;
                }
                has_words_in_postgres(&filter.search)
            }
        });
    }
    if let Some(published) = filter.published {
        conditions.push(if looked_up {
            Box::new(sql::<Bool>("+posts.published = ").bind::<Bool, _>(published))
        } else {
            Box::new(posts::published.eq(published))
        });
    }
    Ok(conditions)
}

/// That one of these posts has all words of a search. `None` when that cannot be seen at once.
pub(super) fn has_words(
    db: &mut AnyConnection,
    search: &Search,
    ids: &[StoredUuid],
) -> Result<Option<Condition>, StorageError> {
    Ok(match db {
        AnyConnection::Sqlite(db) => {
            let Some((first, last)) = numbers(db, ids)? else { return Ok(None) };
            let found = sql::<Bool>(
                "+posts.number IN (SELECT rowid FROM post_words WHERE post_words MATCH ",
            );
            let found = found.bind::<Text, _>(in_sqlite(search)).sql(" AND rowid BETWEEN ");
            let found = found.bind::<BigInt, _>(first).sql(" AND ").bind::<BigInt, _>(last);
            Some(Box::new(found.sql(")")))
        }
        AnyConnection::Postgres(_) => Some(has_words_in_postgres(search)),
    })
}

fn has_words_in_postgres(search: &Search) -> Condition {
    let found = sql::<Bool>("posts.words @@ ");
    Box::new(found.bind::<Text, _>(in_postgres(search)).sql("::tsquery"))
}

/// The least and the greatest number of these posts' rows. `None` when there are too many others
/// between them.
fn numbers(
    db: &mut SqliteConnection,
    ids: &[StoredUuid],
) -> Result<Option<(i64, i64)>, StorageError> {
    let rows = posts::table.filter(posts::id.eq_any(ids.iter().copied()));
    let number = sql::<BigInt>("posts.number");
    let numbers: Vec<i64> = rows.select(number).load(db)?;
    let range = numbers.iter().min().copied().zip(numbers.iter().max().copied());
    let room = i64::try_from(ids.len()).unwrap_or(i64::MAX).saturating_mul(SPREAD);
    Ok(Some(range.unwrap_or_default()).filter(|(first, last)| last - first <= room))
}

/// How many posts pass a filter with a search.
pub(super) fn total(db: &mut AnyConnection, filter: &PostFilter) -> Result<u64, StorageError> {
    let total: i64 = match (db, filter.published) {
        // The index of words knows it by itself.
        (AnyConnection::Sqlite(db), None) => {
            let total = sql::<BigInt>("(SELECT COUNT(*) FROM post_words WHERE post_words MATCH ");
            select(total.bind::<Text, _>(in_sqlite(&filter.search)).sql(")")).get_result(db)?
        }
        (db, _) => {
            let mut query = posts::table.select(count_star()).into_boxed();
            for condition in conditions(db, filter, Purpose::Count)? {
                query = query.filter(condition);
            }
            query.get_result(db)?
        }
    };
    Ok(total.unsigned_abs())
}

/// The words of a search as FTS5 reads them.
fn in_sqlite(search: &Search) -> String {
    in_quotes(search, '"', " AND ")
}

/// The words of a search as `tsquery` reads them.
fn in_postgres(search: &Search) -> String {
    in_quotes(search, '\'', " & ")
}

/// No word has a quote in it, or anything else but letters, digits and marks.
fn in_quotes(search: &Search, quote: char, and: &str) -> String {
    let words: Vec<String> = search.words().map(|word| format!("{quote}{word}{quote}")).collect();
    words.join(and)
}

/// Makes PostgreSQL look up what a search finds by the index of words, where that is little.
fn choose_way(db: &mut PgConnection, query: &str) -> Result<(), StorageError> {
    // To go through all posts in no order is the right way for no search.
    db.batch_execute("SET LOCAL enable_seqscan = off")?;
    let found = sql::<BigInt>("(SELECT COUNT(*) FROM (SELECT FROM posts WHERE words @@ ")
        .bind::<Text, _>(query)
        .sql("::tsquery LIMIT ")
        .bind::<BigInt, _>(FEW + 1)
        .sql(") AS found)");
    if select(found).get_result::<i64>(db)? <= FEW {
        // Nor one by one in their order: what is left is the index of words.
        db.batch_execute("SET LOCAL enable_indexscan = off")?;
    }
    Ok(())
}

/// Whether SQLite finds no more than [`FEW`]. Counts no further.
fn finds_few(db: &mut SqliteConnection, query: &str) -> Result<bool, StorageError> {
    let found =
        sql::<BigInt>("(SELECT COUNT(*) FROM (SELECT 1 FROM post_words WHERE post_words MATCH ")
            .bind::<Text, _>(query)
            .sql(" LIMIT ")
            .bind::<BigInt, _>(FEW + 1)
            .sql("))");
    Ok(select(found).get_result::<i64>(db)? <= FEW)
}
