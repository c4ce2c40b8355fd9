//! Reads a list: selects the ids in the window, then loads the rows.

use std::cmp::Reverse;

use diesel::prelude::*;
use domain::{Direction, Keyset, Post, PostOrder, PostQuery, Start, ports::PostsWithTotal};

use super::{count::count_result, select::select};
use crate::{
    connection::{AnyConnection, Transactions},
    engine::Condition,
    error::StorageError,
    rows::PostRow,
    schema::posts,
};

pub(crate) fn list(db: &mut AnyConnection, query: &PostQuery) -> Result<Vec<Post>, StorageError> {
    if query.filter.search.is_empty() {
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
        let posts = if is_past_the_end { vec![] } else { select_and_load(db, query)? };
        Ok(PostsWithTotal { posts, total })
    })
}

fn select_and_load(db: &mut AnyConnection, query: &PostQuery) -> Result<Vec<Post>, StorageError> {
    let selected = select(db, query)?;
    load(db, selected, query.order)
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
