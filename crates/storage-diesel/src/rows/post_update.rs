//! The statement that updates a post.

use diesel::{
    query_builder::{AstPass, QueryFragment, QueryId},
    result::QueryResult,
    sql_types::{BigInt, Bool, Text},
};
use domain::{Post, PostChanges, PostRecord};

use super::{PostRow, tokens_of};
use crate::{
    connection::{AnyConnection, MultiBackend},
    sql_types::{PortableTimestamp, PortableTokens, PortableUuid, StoredTokens},
};

/// The statement that updates the row of a post.
///
/// diesel prepares its own `UPDATE` again for each call.
#[derive(Debug)]
pub(crate) struct PostUpdate {
    row: PostRow,
    columns: ChangedColumns,
    tokens: Option<StoredTokens>,
}

/// The columns that an update changes, besides `updated_at` and `version`. SQLite also updates the
/// indexes of a column that is written with its old value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChangedColumns {
    title: bool,
    content: bool,
    pub(crate) published: bool,
}

impl ChangedColumns {
    /// Returns the columns that `changes` will change in a post.
    pub(crate) fn of(post: &PostRecord, changes: &PostChanges) -> Self {
        let PostChanges { title, content, published } = changes;
        Self {
            title: title.as_ref().is_some_and(|title| *title != post.title),
            content: content.as_ref().is_some_and(|content| *content != post.content),
            published: published.is_some_and(|published| published != post.published),
        }
    }
}

impl PostUpdate {
    /// Creates the statement that stores a changed post.
    pub(crate) fn new(post: &Post, columns: ChangedColumns) -> Self {
        // Tokenizing takes longer than the rest of an update.
        let tokens = (columns.title || columns.content).then(|| tokens_of(post));
        Self { row: post.into(), columns, tokens }
    }
}

impl QueryFragment<MultiBackend> for PostUpdate {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let Self { row, columns, tokens } = self;
        // A post keeps its id and its creation time.
        let PostRow { id, title, content, published, created_at: _, updated_at, version } = row;
        out.push_sql("UPDATE posts SET updated_at = ");
        out.push_bind_param::<PortableTimestamp, _>(updated_at)?;
        out.push_sql(", version = ");
        out.push_bind_param::<BigInt, _>(version)?;
        if columns.title {
            out.push_sql(", title = ");
            out.push_bind_param::<Text, _>(title)?;
        }
        if columns.content {
            out.push_sql(", content = ");
            out.push_bind_param::<Text, _>(content)?;
        }
        if columns.published {
            out.push_sql(", published = ");
            out.push_bind_param::<Bool, _>(published)?;
        }
        if let Some(tokens) = tokens {
            out.push_sql(", words = ");
            out.push_bind_param::<PortableTokens, _>(tokens)?;
        }
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<PortableUuid, _>(id)
    }
}

/// diesel keeps the prepared statement under its SQL, because the SQL depends on the value.
impl QueryId for PostUpdate {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl diesel::RunQueryDsl<AnyConnection> for PostUpdate {}
