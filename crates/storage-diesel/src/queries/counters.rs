//! The counters of published posts and of drafts. A write updates them in its own transaction.
//!
//! The value of a counter is the sum of its slots. Concurrent writes usually update different
//! slots, so that they do not wait for each other. docs/BENCHMARKS.md, "Slots of counters", has the
//! measurement.
//!
//! The value of a slot can be negative. The migration counted all existing posts in slot 0.
//! `insert_all` counts a whole batch in the slot of its first post. A later deletion of such a post
//! subtracts 1 from the slot of the post itself.

use diesel::{
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Integer},
};

use crate::{
    connection::{AnyConnection, MultiBackend},
    error::StorageError,
    schema::post_counts,
    sql_types::StoredUuid,
};

/// The number of slots of a counter. The migration creates this many.
const SLOTS: u8 = 64;

/// Returns the slot of the post `id`. A write of this post alone updates this slot.
pub(super) fn slot(id: StoredUuid) -> i32 {
    let [.., last] = id.0.into_bytes();
    i32::from(last % SLOTS)
}

/// Adds `number` to the counter of published posts or of drafts.
pub(super) fn add(
    db: &mut AnyConnection,
    published: bool,
    slot: i32,
    number: i64,
) -> Result<(), StorageError> {
    let counted = CounterUpdate { published, slot, number }.execute(db)?;
    if counted == 1 { Ok(()) } else { Err(StorageError::Miscounted) }
}

/// Subtracts one post from the counter of drafts and adds it to the counter of published posts, or
/// the reverse if `published` is false. The counter of drafts is always locked first, so that two
/// transactions cannot deadlock.
pub(super) fn move_one(
    db: &mut AnyConnection,
    published: bool,
    slot: i32,
) -> Result<(), StorageError> {
    let to_published = if published { 1 } else { -1 };
    add(db, false, slot, -to_published)?;
    add(db, true, slot, to_published)
}

/// Returns the number of posts whose `published` is equal to all of these values. With two
/// different values, this is 0. Without values, it is the number of all posts.
pub(super) fn total(db: &mut AnyConnection, published: &[bool]) -> Result<u64, StorageError> {
    let mut counts = post_counts::table.select(post_counts::posts).into_boxed();
    for value in published {
        counts = counts.filter(post_counts::published.eq(*value));
    }
    // SUM has a different type on each engine.
    let counts: Vec<i64> = counts.load(db)?;
    u64::try_from(counts.into_iter().sum::<i64>()).map_err(|_| StorageError::Miscounted)
}

/// The statement that adds to a counter.
///
/// diesel prepares its own `UPDATE` again for each call.
#[derive(Debug, Clone, Copy, QueryId)]
struct CounterUpdate {
    published: bool,
    slot: i32,
    number: i64,
}

impl QueryFragment<MultiBackend> for CounterUpdate {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("UPDATE post_counts SET posts = posts + ");
        out.push_bind_param::<BigInt, _>(&self.number)?;
        out.push_sql(" WHERE published = ");
        out.push_bind_param::<Bool, _>(&self.published)?;
        out.push_sql(" AND slot = ");
        out.push_bind_param::<Integer, _>(&self.slot)
    }
}

impl RunQueryDsl<AnyConnection> for CounterUpdate {}
