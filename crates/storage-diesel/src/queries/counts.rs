//! How many posts there are of each kind: kept with every write, so that nobody has to count them.
//!
//! A number is the sum over its slots. Which slot a write counts in is of no consequence for the
//! sum: a slot may well be below zero.

use diesel::prelude::*;

use crate::{
    connection::AnyConnection, error::StorageError, schema::post_counts, sql_types::StoredUuid,
};

/// How many slots there are, as the migration has made them.
const SLOTS: u8 = 64;

/// Where a write of the post `id` counts: writers of different posts seldom wait for each other.
pub(super) fn slot(id: StoredUuid) -> i32 {
    let [.., last] = id.0.into_bytes();
    i32::from(last % SLOTS)
}

/// Counts `more` posts that are published, or drafts.
pub(super) fn add(
    db: &mut AnyConnection,
    published: bool,
    slot: i32,
    more: i64,
) -> Result<(), StorageError> {
    let counted = diesel::update(post_counts::table.find((published, slot)))
        .set(post_counts::posts.eq(post_counts::posts + more))
        .execute(db)?;
    if counted == 1 { Ok(()) } else { Err(StorageError::Miscounted) }
}

/// Counts a post that was published, or has become a draft. Drafts come first, as everywhere: two
/// writers that take them in another order wait for each other.
pub(super) fn move_one(
    db: &mut AnyConnection,
    published: bool,
    slot: i32,
) -> Result<(), StorageError> {
    let to_published = if published { 1 } else { -1 };
    add(db, false, slot, -to_published)?;
    add(db, true, slot, to_published)
}

/// How many posts there are: those that are published, or drafts, or all.
pub(super) fn total(db: &mut AnyConnection, published: Option<bool>) -> Result<u64, StorageError> {
    let mut counts = post_counts::table.select(post_counts::posts).into_boxed();
    if let Some(published) = published {
        counts = counts.filter(post_counts::published.eq(published));
    }
    // A sum is of another type on each database.
    let counts: Vec<i64> = counts.load(db)?;
    u64::try_from(counts.into_iter().sum::<i64>()).map_err(|_| StorageError::Miscounted)
}
