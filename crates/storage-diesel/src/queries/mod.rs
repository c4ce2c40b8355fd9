//! The queries, once for every database. What one that reads answers is of one moment; one that writes
//! runs in a transaction, which the executor opens.
//!
//! Every write takes its locks in one order, so that no two wait for each other: the key of a
//! request, then posts by their ids, then numbers of posts.

mod archive;
mod counts;
mod list;
mod near;
mod requests;
mod search;

use diesel::prelude::*;
use domain::{Post, PostChanges, PostId, Precondition, Timestamp};

pub(crate) use self::{
    archive::{count, greatest_id, insert_all, page},
    list::{list, list_counted},
    requests::insert_once,
};
use crate::{
    connection::AnyConnection,
    error::StorageError,
    rows::{NewPostRow, POST_COLUMNS, PostRow, version, words_of},
    schema::posts,
    sql_types::{StoredTimestamp, StoredUuid},
};

fn key(id: PostId) -> StoredUuid {
    StoredUuid(*id.as_uuid())
}

pub(crate) fn insert(db: &mut AnyConnection, post: &NewPostRow) -> Result<(), StorageError> {
    diesel::insert_into(posts::table).values(post).execute(db)?;
    counts::add(db, post.published(), counts::slot(post.id()), 1)
}

pub(crate) fn find(db: &mut AnyConnection, id: PostId) -> Result<Option<Post>, StorageError> {
    let row: Option<PostRow> =
        posts::table.find(key(id)).select(POST_COLUMNS).first(db).optional()?;
    row.map(Post::try_from).transpose()
}

/// Finds a post and keeps others from changing it until the transaction ends. On SQLite nobody else
/// writes meanwhile.
fn find_to_change(db: &mut AnyConnection, id: PostId) -> Result<Option<Post>, StorageError> {
    match db {
        AnyConnection::Sqlite(_) => find(db, id),
        AnyConnection::Postgres(db) => {
            let query = posts::table.find(key(id)).select(POST_COLUMNS).for_update();
            let row: Option<PostRow> = query.first(db).optional()?;
            row.map(Post::try_from).transpose()
        }
    }
}

pub(crate) fn update(
    db: &mut AnyConnection,
    id: PostId,
    changes: &PostChanges,
    precondition: &Precondition,
    at: Timestamp,
) -> Result<Post, StorageError> {
    let mut post = find_to_change(db, id)?.ok_or(StorageError::NotFound)?;
    if !precondition.holds(post.record()) {
        return Err(StorageError::PreconditionFailed(post.record().version));
    }
    let was_published = post.record().published;
    post.apply(changes, at);
    // To part a text into words takes longer than all the rest.
    let rewritten = changes.title.is_some() || changes.content.is_some();
    let words = rewritten.then(|| posts::words.eq(words_of(&post)));
    diesel::update(posts::table.find(key(id))).set((PostRow::from(&post), words)).execute(db)?;
    let published = post.record().published;
    if published != was_published {
        counts::move_one(db, published, counts::slot(key(id)))?;
    }
    Ok(post)
}

/// Reads no more of the row than it needs: also what is no post can be removed.
pub(crate) fn delete(
    db: &mut AnyConnection,
    id: PostId,
    precondition: &Precondition,
) -> Result<(), StorageError> {
    let query = posts::table.find(key(id)).select(posts::published);
    let published = match db {
        AnyConnection::Sqlite(db) => query.first(db),
        AnyConnection::Postgres(db) => query.for_update().first(db),
    };
    let published = published.optional()?.ok_or(StorageError::NotFound)?;
    if *precondition != Precondition::NONE {
        let (number, StoredTimestamp(updated_at)) =
            posts::table.find(key(id)).select((posts::version, posts::updated_at)).first(db)?;
        let version = version(key(id), number)?;
        if !precondition.holds_of(version, updated_at) {
            return Err(StorageError::PreconditionFailed(version));
        }
    }
    diesel::delete(posts::table.find(key(id))).execute(db)?;
    counts::add(db, published, counts::slot(key(id)), -1)
}
