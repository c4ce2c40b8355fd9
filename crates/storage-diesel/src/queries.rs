//! The queries, once for every database. One that reads is one statement; one that writes runs in
//! a transaction, which the executor opens.

use diesel::prelude::*;
use domain::{Post, PostChanges, PostId, Timestamp, ports::PostFilter};

use crate::{
    connection::AnyConnection, error::StorageError, rows::PostRow, schema::posts,
    sql_types::StoredUuid,
};

fn key(id: PostId) -> StoredUuid {
    StoredUuid(*id.as_uuid())
}

pub(crate) fn insert(db: &mut AnyConnection, post: &Post) -> Result<(), StorageError> {
    diesel::insert_into(posts::table).values(PostRow::from(post)).execute(db)?;
    Ok(())
}

/// On a server, one statement: each is a way there and back.
pub(crate) fn insert_all(db: &mut AnyConnection, posts: &[Post]) -> Result<(), StorageError> {
    match db {
        AnyConnection::Sqlite(_) => posts.iter().try_for_each(|post| insert(db, post)),
        AnyConnection::Postgres(db) => {
            let rows: Vec<PostRow> = posts.iter().map(PostRow::from).collect();
            diesel::insert_into(posts::table).values(rows).execute(db)?;
            Ok(())
        }
    }
}

pub(crate) fn find(db: &mut AnyConnection, id: PostId) -> Result<Option<Post>, StorageError> {
    let row: Option<PostRow> = posts::table.find(key(id)).first(db).optional()?;
    row.map(Post::try_from).transpose()
}

/// Finds a post and keeps others from changing it until the transaction ends. On SQLite nobody else
/// writes meanwhile.
fn find_to_change(db: &mut AnyConnection, id: PostId) -> Result<Option<Post>, StorageError> {
    match db {
        AnyConnection::Sqlite(_) => find(db, id),
        AnyConnection::Postgres(db) => {
            let row: Option<PostRow> =
                posts::table.find(key(id)).for_update().first(db).optional()?;
            row.map(Post::try_from).transpose()
        }
    }
}

pub(crate) fn list(db: &mut AnyConnection, filter: PostFilter) -> Result<Vec<Post>, StorageError> {
    let mut query = posts::table.into_boxed();
    if let Some(published) = filter.published {
        query = query.filter(posts::published.eq(published));
    }
    let rows: Vec<PostRow> = query.order((posts::created_at.desc(), posts::id.desc())).load(db)?;
    rows.into_iter().map(Post::try_from).collect()
}

pub(crate) fn update(
    db: &mut AnyConnection,
    id: PostId,
    changes: &PostChanges,
    at: Timestamp,
) -> Result<Post, StorageError> {
    let mut post = find_to_change(db, id)?.ok_or(StorageError::NotFound)?;
    post.apply(changes, at);
    diesel::update(posts::table.find(key(id))).set(PostRow::from(&post)).execute(db)?;
    Ok(post)
}

pub(crate) fn delete(db: &mut AnyConnection, id: PostId) -> Result<(), StorageError> {
    match diesel::delete(posts::table.find(key(id))).execute(db)? {
        0 => Err(StorageError::NotFound),
        _ => Ok(()),
    }
}

pub(crate) fn page(
    db: &mut AnyConnection,
    after: Option<PostId>,
    limit: u32,
) -> Result<Vec<Post>, StorageError> {
    let mut query = posts::table.into_boxed();
    if let Some(after) = after {
        query = query.filter(posts::id.gt(key(after)));
    }
    let rows: Vec<PostRow> = query.order(posts::id.asc()).limit(limit.into()).load(db)?;
    rows.into_iter().map(Post::try_from).collect()
}

pub(crate) fn count(db: &mut AnyConnection) -> Result<u64, StorageError> {
    let count: i64 = posts::table.count().get_result(db)?;
    Ok(count.unsigned_abs())
}

pub(crate) fn greatest_id(db: &mut AnyConnection) -> Result<Option<PostId>, StorageError> {
    let id = posts::table.select(posts::id).order(posts::id.desc()).first::<StoredUuid>(db);
    Ok(id.optional()?.map(|StoredUuid(uuid)| PostId::new(uuid)))
}
