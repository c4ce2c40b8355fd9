//! A row of the table `posts`, and the post it stands for.

use diesel::prelude::{AsChangeset, Insertable, Queryable};
use domain::{Content, Post, PostId, PostRecord, Title};

use crate::{
    error::StorageError,
    schema::posts,
    sql_types::{StoredTimestamp, StoredUuid},
};

/// A row, its fields in the order of the table's columns.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = posts)]
pub(crate) struct PostRow {
    id: StoredUuid,
    title: String,
    content: String,
    published: bool,
    created_at: StoredTimestamp,
    updated_at: StoredTimestamp,
}

impl From<&Post> for PostRow {
    fn from(post: &Post) -> Self {
        let PostRecord { id, title, content, published, created_at, updated_at } = post.record();
        Self {
            id: StoredUuid(*id.as_uuid()),
            title: title.as_str().to_owned(),
            content: content.as_str().to_owned(),
            published: *published,
            created_at: StoredTimestamp(*created_at),
            updated_at: StoredTimestamp(*updated_at),
        }
    }
}

impl TryFrom<PostRow> for Post {
    type Error = StorageError;

    /// A row that breaks a rule of the domain was written by somebody else, or the rule is newer
    /// than the row: either way it must not pass for a post.
    fn try_from(row: PostRow) -> Result<Self, Self::Error> {
        let corrupt = |cause| StorageError::CorruptRow { id: row.id.0, cause };
        Self::restore(PostRecord {
            id: PostId::new(row.id.0),
            title: Title::new(row.title).map_err(|error| corrupt(error.into()))?,
            content: Content::new(row.content).map_err(|error| corrupt(error.into()))?,
            published: row.published,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
        .map_err(|error| corrupt(error.into()))
    }
}
