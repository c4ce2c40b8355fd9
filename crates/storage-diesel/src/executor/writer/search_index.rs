//! The search index of SQLite: an FTS5 table that the writer updates once for each batch.
//!
//! FTS5 collects changes in memory. It writes them to the file at the end of a transaction, at each
//! savepoint, and before a change whose row has a smaller number than the last one. A statement
//! that fires a trigger starts a savepoint too. So the changes of a batch are made in order, at its
//! end, and not by triggers.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{prelude::*, table};
use domain::PostId;

use crate::{
    connection::AnyConnection,
    sql_types::{PortableUuid, StoredUuid},
};

/// The command of FTS5 that removes a row, given the tokens that were added with it.
const DELETE: &str = "delete";

/// The search tokens of posts, separated by spaces. The key is the number of the post.
pub(super) type Tokens = BTreeMap<i64, String>;

/// Reads the tokens of those posts that exist.
pub(super) fn read_tokens(db: &mut AnyConnection, posts: &[PostId]) -> QueryResult<Tokens> {
    let mut tokens = Tokens::new();
    for post in posts {
        let row = numbered_posts::table.find(StoredUuid::from(*post));
        let row = row.select((numbered_posts::number, numbered_posts::words));
        tokens.extend(row.get_result::<(i64, String)>(db).optional()?);
    }
    Ok(tokens)
}

/// Updates the index after the tokens of posts have changed.
pub(super) fn update(db: &mut AnyConnection, before: &Tokens, after: &Tokens) -> QueryResult<()> {
    let numbers: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for number in numbers {
        let (old, new) = (before.get(number), after.get(number));
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
