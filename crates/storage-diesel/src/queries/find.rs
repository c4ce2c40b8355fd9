//! Finds one post.

use diesel::prelude::*;
use domain::{Post, PostId, Scope};

use crate::{
    connection::AnyConnection, engine::in_scope, error::StorageError, rows::PostRow, schema::posts,
    sql_types::StoredUuid,
};

pub(crate) fn find(
    db: &mut AnyConnection,
    id: PostId,
    scope: Scope,
) -> Result<Option<Post>, StorageError> {
    let post = posts::table.find(StoredUuid::from(id)).filter(in_scope(scope));
    let row: Option<PostRow> = post.select(PostRow::as_select()).first(db).optional()?;
    row.map(Post::try_from).transpose()
}
