//! The queries of the archive, which copies all posts from or to another store.

use diesel::prelude::*;
use domain::{Post, PostId};

use super::counters;
use crate::{
    connection::AnyConnection,
    error::StorageError,
    rows::{NewPostRow, PostRow},
    schema::posts,
    sql_types::StoredUuid,
};

pub(crate) fn insert_all(db: &mut AnyConnection, rows: &[NewPostRow]) -> Result<(), StorageError> {
    db.engine().insert_posts(rows)?;
    // At most two statements update the counters: one for all drafts, and one for all published
    // posts.
    for published in [false, true] {
        let mut counted = rows.iter().filter(|row| row.published() == published);
        if let Some(first) = counted.next() {
            let number = i64::try_from(counted.count()).unwrap_or(i64::MAX).saturating_add(1);
            counters::add(db, published, counters::slot(first.id()), number)?;
        }
    }
    Ok(())
}

pub(crate) fn page(
    db: &mut AnyConnection,
    after: Option<PostId>,
    limit: u32,
) -> Result<Vec<Post>, StorageError> {
    let mut query = posts::table.select(PostRow::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(posts::id.gt(StoredUuid::from(after)));
    }
    let rows: Vec<PostRow> = query.order(posts::id.asc()).limit(limit.into()).load(db)?;
    rows.into_iter().map(Post::try_from).collect()
}

pub(crate) fn count(db: &mut AnyConnection) -> Result<u64, StorageError> {
    counters::total(db, &[])
}

pub(crate) fn greatest_id(db: &mut AnyConnection) -> Result<Option<PostId>, StorageError> {
    let id = posts::table.select(posts::id).order(posts::id.desc()).first::<StoredUuid>(db);
    Ok(id.optional()?.map(|StoredUuid(uuid)| PostId::new(uuid)))
}
