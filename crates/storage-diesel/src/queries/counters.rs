//! The counters of published posts and of drafts, which every write keeps up to date.
//!
//! A counter is the sum of its slots, so that concurrent writers of a server do not wait for each
//! other. It does not matter which slot a write uses; a slot may be negative. docs/BENCHMARKS.md,
//! "Slots of counters", has the measurement.

use diesel::prelude::*;

use crate::{
    connection::AnyConnection, error::StorageError, schema::post_counts, sql_types::StoredUuid,
};

/// The number of slots, as the migration creates them.
const SLOTS: u8 = 64;

/// Returns the slot in which writes of the post `id` count.
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
    let counted = diesel::update(post_counts::table.find((published, slot)))
        .set(post_counts::posts.eq(post_counts::posts + number))
        .execute(db)?;
    if counted == 1 { Ok(()) } else { Err(StorageError::Miscounted) }
}

/// Counts a draft as published, or the other way round. Every transaction takes the locks in the
/// same order, drafts first.
pub(super) fn move_one(
    db: &mut AnyConnection,
    published: bool,
    slot: i32,
) -> Result<(), StorageError> {
    let to_published = if published { 1 } else { -1 };
    add(db, false, slot, -to_published)?;
    add(db, true, slot, to_published)
}

/// Returns how many posts have every one of these values of `published`.
pub(super) fn total(db: &mut AnyConnection, published: &[bool]) -> Result<u64, StorageError> {
    let mut counts = post_counts::table.select(post_counts::posts).into_boxed();
    for value in published {
        counts = counts.filter(post_counts::published.eq(*value));
    }
    // SUM has a different type on each engine.
    let counts: Vec<i64> = counts.load(db)?;
    u64::try_from(counts.into_iter().sum::<i64>()).map_err(|_| StorageError::Miscounted)
}
