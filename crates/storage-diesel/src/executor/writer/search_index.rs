//! The search index of SQLite: an FTS5 table that the writer updates once for each batch. Decision 4
//! in docs/decisions says why.

use std::collections::BTreeMap;

use diesel::{prelude::*, table};
use domain::PostId;

use crate::{
    connection::AnyConnection,
    error::StorageError,
    sql_types::{PortableUuid, StoredUuid},
};

/// The command of FTS5 that removes a row, given the tokens that were added with it.
const DELETE: &str = "delete";

/// The changes that the index needs after a transaction has changed posts. The key is the number of
/// a post.
#[derive(Default)]
pub(super) struct IndexChanges(BTreeMap<i64, TokenChange>);

/// The search tokens of a post before and after a transaction, separated by spaces. `None` while the
/// post does not exist.
#[derive(Default)]
struct TokenChange {
    old: Option<String>,
    new: Option<String>,
}

impl IndexChanges {
    /// Runs a change of `posts`, and records how it changes their tokens.
    pub(super) fn record<T>(
        &mut self,
        db: &mut AnyConnection,
        posts: &[PostId],
        change: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let before = read_tokens(db, posts)?;
        let result = change(db)?;
        let after = read_tokens(db, posts)?;
        for (number, words) in before {
            let change = TokenChange { old: Some(words), new: None };
            self.0.entry(number).or_insert(change).new = None;
        }
        for (number, words) in after {
            self.0.entry(number).or_default().new = Some(words);
        }
        Ok(result)
    }

    /// Returns the length of the tokens that the index has to remove or to add, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let tokens = self.0.values().flat_map(|change| [&change.old, &change.new]);
        tokens.flatten().map(String::len).sum()
    }

    /// Makes the changes. They are in the order of the rows, because FTS5 writes its changes to the
    /// file before a row with a smaller number.
    pub(super) fn make(&self, db: &mut AnyConnection) -> QueryResult<()> {
        for (number, TokenChange { old, new }) in &self.0 {
            if old == new {
                continue;
            }
            let row = post_words::rowid.eq(number);
            if let Some(old) = old {
                let delete = (post_words::command.eq(DELETE), row, post_words::words.eq(old));
                diesel::insert_into(post_words::table).values(delete).execute(db)?;
            }
            if let Some(new) = new {
                let add = (row, post_words::words.eq(new));
                diesel::insert_into(post_words::table).values(add).execute(db)?;
            }
        }
        Ok(())
    }
}

/// Reads the numbers and the tokens of those posts that exist.
fn read_tokens(db: &mut AnyConnection, posts: &[PostId]) -> QueryResult<Vec<(i64, String)>> {
    let mut tokens = Vec::with_capacity(posts.len());
    for post in posts {
        let row = numbered_posts::table.find(StoredUuid::from(*post));
        let row = row.select((numbered_posts::number, numbered_posts::words));
        tokens.extend(row.get_result::<(i64, String)>(db).optional()?);
    }
    Ok(tokens)
}

table! {
    use diesel::sql_types::*;
    use super::PortableUuid;

    /// The columns of `posts` that the index refers to. Only SQLite has `number`.
    #[sql_name = "posts"]
    numbered_posts (id) {
        id -> PortableUuid,
        number -> BigInt,
        words -> Text,
    }
}

table! {
    /// The index.
    post_words (rowid) {
        /// The number of a post.
        rowid -> BigInt,
        /// The tokens of the post.
        words -> Text,
        /// A command to FTS5. The column has the name of the table.
        #[sql_name = "post_words"]
        command -> Text,
    }
}
