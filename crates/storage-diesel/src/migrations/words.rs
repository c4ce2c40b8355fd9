//! The words of posts that were kept before there was a search: what a word is, no SQL can say.

use std::collections::BTreeSet;

use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
};
use domain::{Content, NewPost, Post, PostId, Timestamp, Title};

use super::Result;
use crate::{
    connection::AnyConnection,
    rows::words_of,
    schema::posts,
    sql_types::{PortableUuid, PortableWords, StoredUuid, StoredWords},
};

/// How many posts to hold in memory at once, each with all its words: a post can be as long as a body.
const AT_ONCE: i64 = 20;

/// Writes down the words of every post.
pub(super) fn index(db: &mut AnyConnection) -> Result<()> {
    let mut after = None;
    loop {
        let mut query = posts::table.select((posts::id, posts::title, posts::content)).into_boxed();
        if let Some(after) = after {
            query = query.filter(posts::id.gt(after));
        }
        let rows: Vec<(StoredUuid, String, String)> =
            query.order(posts::id.asc()).limit(AT_ONCE).load(db)?;
        let Some((last, ..)) = rows.last() else { return Ok(()) };
        after = Some(*last);
        write(db, rows.into_iter().map(with_words).collect())?;
    }
}

/// What is no post cannot be listed, let alone found: it has no words.
fn with_words((id, title, content): (StoredUuid, String, String)) -> (StoredUuid, StoredWords) {
    let words = match (Title::new(title), Content::new(content)) {
        (Ok(title), Ok(content)) => {
            let new = NewPost::new(title, content);
            words_of(&Post::create(PostId::new(id.0), new, Timestamp::MIN))
        }
        _ => StoredWords(BTreeSet::new()),
    };
    (id, words)
}

/// On a server, one statement: each is a way there and back.
fn write(db: &mut AnyConnection, rows: Vec<(StoredUuid, StoredWords)>) -> QueryResult<()> {
    match db {
        AnyConnection::Sqlite(db) => {
            for (id, words) in rows {
                diesel::update(posts::table.find(id)).set(posts::words.eq(words)).execute(db)?;
            }
        }
        AnyConnection::Postgres(db) => {
            WriteAll(rows).execute(db)?;
        }
    }
    Ok(())
}

/// An update of many rows, each with its own words.
struct WriteAll(Vec<(StoredUuid, StoredWords)>);

impl QueryFragment<Pg> for WriteAll {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("UPDATE posts SET words = new.words FROM (VALUES ");
        for (n, (id, words)) in self.0.iter().enumerate() {
            out.push_sql(if n == 0 { "(" } else { "), (" });
            out.push_bind_param::<PortableUuid, StoredUuid>(id)?;
            out.push_sql(", ");
            out.push_bind_param::<PortableWords, StoredWords>(words)?;
        }
        out.push_sql(")) AS new (id, words) WHERE posts.id = new.id");
        Ok(())
    }
}

impl QueryId for WriteAll {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<PgConnection> for WriteAll {}
