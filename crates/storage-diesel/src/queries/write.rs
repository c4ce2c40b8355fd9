//! Inserts, updates and deletes one post.

use diesel::prelude::*;
use domain::{Post, PostChanges, PostId, Precondition, Scope, Timestamp};

use super::counters;
use crate::{
    connection::AnyConnection,
    engine::in_scope,
    error::StorageError,
    rows::{ChangedColumns, NewPostRow, PostUpdate, version},
    schema::posts,
    sql_types::{StoredTimestamp, StoredUuid},
};

pub(crate) fn insert(db: &mut AnyConnection, post: &NewPostRow) -> Result<(), StorageError> {
    diesel::insert_into(posts::table).values(post).execute(db)?;
    counters::add(db, post.published(), counters::slot(post.id()), 1)
}

pub(crate) fn update(
    db: &mut AnyConnection,
    id: PostId,
    scope: Scope,
    changes: &PostChanges,
    precondition: &Precondition,
    at: Timestamp,
) -> Result<Post, StorageError> {
    let key = StoredUuid::from(id);
    let row = db.engine().find_for_update(key, scope)?.ok_or(StorageError::NotFound)?;
    let mut post = Post::try_from(row)?;
    if !precondition.holds(post.record()) {
        return Err(StorageError::PreconditionFailed(post.record().version));
    }
    let columns = ChangedColumns::of(post.record(), changes);
    post.apply(changes, at).map_err(StorageError::LastVersion)?;
    PostUpdate::new(&post, columns).execute(db)?;
    if columns.published {
        counters::move_one(db, post.record().published, counters::slot(key))?;
    }
    Ok(post)
}

/// Deletes a post. Reads only the columns that the counters and the precondition need, so that a
/// row that is not a valid post can be deleted too.
pub(crate) fn delete(
    db: &mut AnyConnection,
    id: PostId,
    scope: Scope,
    precondition: &Precondition,
) -> Result<(), StorageError> {
    let key = StoredUuid::from(id);
    let post = diesel::delete(posts::table.find(key).filter(in_scope(scope)));
    let published = if *precondition == Precondition::NONE {
        post.returning(posts::published).get_result(db).optional()?
    } else {
        let columns = (posts::published, posts::version, posts::updated_at);
        // A write that is refused before it changes anything need not be rolled back.
        let found = posts::table.find(key).filter(in_scope(scope)).select(columns);
        check(key, found.first(db).optional()?, precondition)?;
        // On PostgreSQL, the post may have changed meanwhile. The executor then rolls back.
        check(key, post.returning(columns).get_result(db).optional()?, precondition)?
    };
    counters::add(db, published.ok_or(StorageError::NotFound)?, counters::slot(key), -1)
}

/// Checks the precondition on the columns of a post. Returns whether the post is published.
fn check(
    key: StoredUuid,
    row: Option<(bool, i64, StoredTimestamp)>,
    precondition: &Precondition,
) -> Result<Option<bool>, StorageError> {
    let Some((published, number, StoredTimestamp(updated_at))) = row else { return Ok(None) };
    let version = version(key, number)?;
    if precondition.holds_for(version, updated_at) {
        Ok(Some(published))
    } else {
        Err(StorageError::PreconditionFailed(version))
    }
}
