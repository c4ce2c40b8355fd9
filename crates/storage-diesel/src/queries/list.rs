//! Reads a list: selects the ids in the window, then loads the rows.

use std::{cmp::Reverse, collections::HashMap};

use diesel::{dsl::sql, prelude::*, sql_types::BigInt};
use domain::{
    Direction, Keyset, Post, PostOrder, PostQuery, Start,
    ports::{Listed, PostsWithTotal},
};

use super::{
    count::count_result,
    select::{select, select_ids},
};
use crate::{
    connection::{AnyConnection, Transactions},
    engine::Condition,
    error::StorageError,
    rows::PostRow,
    schema::posts,
    sql_types::StoredUuid,
};

/// The number of posts that are loaded without asking for the sizes of their texts first, which
/// takes another statement.
const SHORT_WINDOW: u32 = 21;

pub(crate) fn list(db: &mut AnyConnection, query: &PostQuery) -> Result<Listed, StorageError> {
    if query.filter.search.is_empty() && query.window.limit <= SHORT_WINDOW {
        // Both steps are one statement, and every statement sees one snapshot.
        return select_and_load(db, query);
    }
    in_snapshot(db, |db| select_and_load(db, query))
}

pub(crate) fn list_with_total(
    db: &mut AnyConnection,
    query: &PostQuery,
) -> Result<PostsWithTotal, StorageError> {
    in_snapshot(db, |db| {
        let total = count_result(db, query)?;
        let is_past_the_end =
            matches!(query.window.start, Start::Offset(offset) if offset >= total);
        let listed = if is_past_the_end { Listed::cut([]) } else { select_and_load(db, query)? };
        Ok(PostsWithTotal { listed, total })
    })
}

fn select_and_load(db: &mut AnyConnection, query: &PostQuery) -> Result<Listed, StorageError> {
    if query.window.limit <= SHORT_WINDOW {
        let selected = select(db, query)?;
        return load(db, selected, query.order).map(Listed::cut);
    }
    let ids = select_ids(db, query)?;
    let fit = count_that_fit(db, &ids)?;
    let is_cut = fit < ids.len();
    let first: Vec<_> = ids.into_iter().take(fit).collect();
    let posts = load(db, Box::new(posts::id.eq_any(first)), query.order)?;
    Ok(Listed { posts, is_cut })
}

/// Returns how many of these posts fit into a list. Databases know the size of a text without
/// reading it.
fn count_that_fit(db: &mut AnyConnection, ids: &[StoredUuid]) -> Result<usize, StorageError> {
    let size = sql::<BigInt>("CAST(octet_length(title) + octet_length(content) AS BIGINT)");
    let rows = posts::table.filter(posts::id.eq_any(ids.iter().copied()));
    let sizes: Vec<(StoredUuid, i64)> = rows.select((posts::id, size)).load(db)?;
    let sizes: HashMap<_, _> = sizes.into_iter().map(|(id, size)| (id.0, size)).collect();
    let in_order = ids.iter().map(|id| sizes.get(&id.0).copied().unwrap_or_default());
    Ok(Listed::count(in_order.map(|size| usize::try_from(size).unwrap_or(usize::MAX))))
}

/// Step two of a list: loads the selected rows. The program sorts them, because a database would
/// sort whole rows with their contents.
fn load(
    db: &mut AnyConnection,
    selected: Condition,
    order: PostOrder,
) -> Result<Vec<Post>, StorageError> {
    let rows: Vec<PostRow> = posts::table.filter(selected).select(PostRow::as_select()).load(db)?;
    let posts: Result<Vec<_>, _> = rows.into_iter().map(Post::try_from).collect();
    let mut posts = posts?;
    let keyset = |post: &Post| Keyset::of(post, order.key);
    match order.direction {
        Direction::Ascending => posts.sort_by_cached_key(keyset),
        Direction::Descending => posts.sort_by_cached_key(|post| Reverse(keyset(post))),
    }
    Ok(posts)
}

/// Runs statements that all see the same snapshot, even if other transactions write meanwhile.
fn in_snapshot<T>(
    db: &mut AnyConnection,
    read: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    use diesel::connection::TransactionManager as _;
    db.engine().begin_snapshot()?;
    match read(db) {
        Ok(result) => {
            Transactions::commit_transaction(db)?;
            Ok(result)
        }
        Err(error) => {
            // The first error is reported, even if the rollback fails too.
            let _ = Transactions::rollback_transaction(db);
            Err(error)
        }
    }
}
