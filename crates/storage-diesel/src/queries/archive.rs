//! All posts at once.

use diesel::prelude::*;
use domain::{Post, PostId};

use super::{counts, key};
use crate::{
    connection::AnyConnection,
    error::StorageError,
    rows::{NewPostRow, POST_COLUMNS, PostRow},
    schema::posts,
    sql_types::StoredUuid,
};

/// On a server, one statement: each is a way there and back. And each kind counts in one slot.
pub(crate) fn insert_all(db: &mut AnyConnection, rows: &[NewPostRow]) -> Result<(), StorageError> {
    match db {
        AnyConnection::Sqlite(db) => {
            for row in rows {
                diesel::insert_into(posts::table).values(row).execute(db)?;
            }
        }
        AnyConnection::Postgres(db) => {
            diesel::insert_into(posts::table).values(rows).execute(db)?;
        }
    }
    for published in [false, true] {
        let mut kind = rows.iter().filter(|row| row.published() == published);
        if let Some(first) = kind.next() {
            let number = i64::try_from(kind.count()).unwrap_or(i64::MAX).saturating_add(1);
            counts::add(db, published, counts::slot(first.id()), number)?;
        }
    }
    Ok(())
}

pub(crate) fn page(
    db: &mut AnyConnection,
    after: Option<PostId>,
    limit: u32,
) -> Result<Vec<Post>, StorageError> {
    let mut query = posts::table.select(POST_COLUMNS).into_boxed();
    if let Some(after) = after {
        query = query.filter(posts::id.gt(key(after)));
    }
    let rows: Vec<PostRow> = query.order(posts::id.asc()).limit(limit.into()).load(db)?;
    rows.into_iter().map(Post::try_from).collect()
}

pub(crate) fn count(db: &mut AnyConnection) -> Result<u64, StorageError> {
    counts::total(db, None)
}

pub(crate) fn greatest_id(db: &mut AnyConnection) -> Result<Option<PostId>, StorageError> {
    let id = posts::table.select(posts::id).order(posts::id.desc()).first::<StoredUuid>(db);
    Ok(id.optional()?.map(|StoredUuid(uuid)| PostId::new(uuid)))
}
