//! Reads a list: selects the ids in the window, then loads the rows.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

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

/// The longest text of a post that this process has loaded, in bytes.
static LONGEST_TEXT: AtomicUsize = AtomicUsize::new(0);

/// The maximum number of posts to load without first reading the sizes of their texts. Reading the
/// sizes takes another statement.
const SHORT_WINDOW: u32 = 21;

/// Estimates whether the texts in the window of a query fit into a list. Assumes that no text is
/// longer than the longest text that this process has loaded. If a text is longer, the call uses
/// more memory.
fn is_probably_short(query: &PostQuery) -> bool {
    let limit = usize::try_from(query.window.limit).unwrap_or(usize::MAX);
    let longest = LONGEST_TEXT.load(Ordering::Relaxed);
    query.window.limit <= SHORT_WINDOW && limit.saturating_mul(longest) <= Listed::MAX_TEXT_BYTES
}

pub(crate) fn list(db: &mut AnyConnection, query: &PostQuery) -> Result<Listed, StorageError> {
    let fits = |db: &mut _| Ok::<_, StorageError>(text_bytes(db, query)? <= Listed::MAX_TEXT_BYTES);
    if query.filter.search.is_empty() && (is_probably_short(query) || fits(db)?) {
        // Both steps are one statement, and every statement sees one snapshot.
        let selected = select(db, query)?;
        return load(db, selected, query.order).map(Listed::cut);
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
    if is_probably_short(query) {
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

/// The size of the texts of a post. Databases know the size of a text without reading it.
const TEXT_BYTES: &str = "octet_length(title) + octet_length(content)";

/// Returns the size of the texts in the window of a query without a search.
fn text_bytes(db: &mut AnyConnection, query: &PostQuery) -> Result<usize, StorageError> {
    let sum = format!("CAST(COALESCE(SUM({TEXT_BYTES}), 0) AS BIGINT)");
    let rows = posts::table.filter(select(db, query)?);
    let bytes: i64 = rows.select(sql::<BigInt>(&sum)).get_result(db)?;
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// Returns how many posts fit into a list, from the first of these posts on.
fn count_that_fit(db: &mut AnyConnection, ids: &[StoredUuid]) -> Result<usize, StorageError> {
    let size = sql::<BigInt>(&format!("CAST({TEXT_BYTES} AS BIGINT)"));
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
    let longest = posts.iter().map(Post::text_bytes).max().unwrap_or_default();
    LONGEST_TEXT.fetch_max(longest, Ordering::Relaxed);
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
