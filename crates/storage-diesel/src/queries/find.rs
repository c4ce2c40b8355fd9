//! Finds one post.

use diesel::prelude::*;
use domain::{Post, PostId, Scope};

use crate::{
    connection::AnyConnection, error::StorageError, rows::PostRow, schema::posts,
    sql_types::StoredUuid,
};

pub(crate) fn find(
    db: &mut AnyConnection,
    id: PostId,
    scope: Scope,
) -> Result<Option<Post>, StorageError> {
    let key = StoredUuid::from(id);
    if scope != Scope::Everything && !is_in_scope(db, key, scope)? {
        return Ok(None);
    }
    let row: Option<PostRow> = db.engine().find_row(key)?;
    let post = row.map(Post::try_from).transpose()?;
    // The post may have changed since its visibility was read.
    Ok(post.filter(|post| scope.includes(post.record())))
}

/// Returns whether a post exists and is in scope.
///
/// A missing post takes the same time as a post out of scope. So a caller cannot learn from the
/// time whether a draft exists. In both cases, this reads one row: the row with the greatest id
/// that is not greater than `id`. If there is no such row, a second query reads the row with the
/// least id.
fn is_in_scope(db: &mut AnyConnection, id: StoredUuid, scope: Scope) -> QueryResult<bool> {
    let visibility = posts::table.select((posts::id, posts::published));
    let before = visibility.filter(posts::id.le(id)).order(posts::id.desc());
    let found: Option<(StoredUuid, bool)> = before.first(db).optional()?;
    let found = match found {
        None => visibility.order(posts::id).first(db).optional()?,
        found => found,
    };
    Ok(found.is_some_and(|(found, published)| found == id && scope.includes_published(published)))
}
