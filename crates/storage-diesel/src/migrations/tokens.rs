//! Stores the search tokens of the posts that an earlier version of the program, without search,
//! has written.
//!
//! SQL cannot tokenize, so this step is not part of the migration's SQL.

use diesel::prelude::*;

use super::{engine::migrating, tokenizer_v1::tokens_of};
use crate::{
    connection::AnyConnection,
    schema::posts,
    sql_types::{StoredTokens, StoredUuid},
};

/// The maximum number of posts in memory at once, with their tokens. It is small, because a post
/// can be as long as the body of a request.
const POSTS_AT_ONCE: i64 = 20;

/// Stores the search tokens of every post.
pub(super) fn store(db: &mut AnyConnection) -> QueryResult<()> {
    let mut after = None;
    loop {
        let mut query = posts::table.select((posts::id, posts::title, posts::content)).into_boxed();
        if let Some(after) = after {
            query = query.filter(posts::id.gt(after));
        }
        let rows: Vec<(StoredUuid, String, String)> =
            query.order(posts::id.asc()).limit(POSTS_AT_ONCE).load(db)?;
        let Some((last, ..)) = rows.last() else { return Ok(()) };
        after = Some(*last);
        let tokens =
            rows.iter().map(|(id, title, content)| (*id, StoredTokens(tokens_of(title, content))));
        migrating(db).store_tokens(tokens.collect())?;
    }
}
