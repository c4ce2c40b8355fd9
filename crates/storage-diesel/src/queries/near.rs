//! What a search finds among the posts that come next. Of one that finds many, that is enough; and it
//! costs the same however many it finds.

use std::collections::HashSet;

use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};
use domain::{Position, PostFilter, Search, Selection};

use super::{
    list::ids_behind,
    search::{Condition, in_postgres, in_sqlite},
};
use crate::{connection::AnyConnection, error::StorageError, schema::posts, sql_types::StoredUuid};

/// How many posts to look at for each that is wanted: more than would be found by other ways in the
/// same time.
const LOOK_AT: i64 = 20;

/// How many rows SQLite may have been given between the first and the last of these posts, for each of
/// them: it looks at what its index of words has of all those.
const SPREAD: i64 = 10;

/// The ids of the first `count` posts of a selection with a search, or of the first behind `after`.
/// `None` when so many are not found among the next posts, and there are others.
pub(super) fn among_next(
    db: &mut AnyConnection,
    selection: &Selection,
    after: Option<Position>,
    count: i64,
) -> Result<Option<Vec<StoredUuid>>, StorageError> {
    let Selection { filter: PostFilter { published, search }, order } = selection;
    let everyone = Selection {
        filter: PostFilter { published: *published, ..PostFilter::default() },
        order: *order,
    };
    let look_at = count.saturating_mul(LOOK_AT);
    let next = ids_behind(db, &everyone, after, 0, look_at)?;
    let are_all = i64::try_from(next.len()).unwrap_or(i64::MAX) < look_at;

    let Some(has_words) = has_words(db, search, &next)? else { return Ok(None) };
    let among = posts::table.select(posts::id).filter(posts::id.eq_any(next.clone()));
    let found: Vec<StoredUuid> = among.filter(has_words).load(db)?;
    let found: HashSet<_> = found.into_iter().map(|id| id.0).collect();
    let mut ids: Vec<_> = next.into_iter().filter(|id| found.contains(&id.0)).collect();

    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    ids.truncate(wanted);
    Ok((are_all || ids.len() == wanted).then_some(ids))
}

/// That one of these posts has all words of a search. `None` when that cannot be seen at once.
fn has_words(
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
        AnyConnection::Postgres(_) => {
            let found = sql::<Bool>("posts.words @@ ");
            Some(Box::new(found.bind::<Text, _>(in_postgres(search)).sql("::tsquery")))
        }
    })
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
