//! The lengths of the files of an SQLite database, according to SQLite.

use diesel::{QueryResult, QueryableByName, RunQueryDsl as _, sql_query, sql_types::BigInt};

use crate::{connection::AnyConnection, database::Part};

/// Returns the length that a file must have, in bytes.
///
/// If the query fails, returns [`u64::MAX`], so that the caller treats the file as truncated.
pub(super) fn stored_length(db: &mut AnyConnection, part: Part) -> u64 {
    // These pragmas only read the numbers of frames and of pages. With `NOOP`, `wal_checkpoint`
    // makes no checkpoint.
    let length = match part {
        Part::Database => database_length(db),
        Part::Log => log_length(db),
    };
    length.ok().and_then(|length| u64::try_from(length).ok()).unwrap_or(u64::MAX)
}

fn database_length(db: &mut AnyConnection) -> QueryResult<i64> {
    let Pages { number, size } = pages(db)?;
    Ok(number.saturating_mul(size))
}

fn log_length(db: &mut AnyConnection) -> QueryResult<i64> {
    let Checkpoint { log: frames } = sql_query("PRAGMA wal_checkpoint(NOOP)").get_result(db)?;
    if frames <= 0 {
        return Ok(0);
    }
    let frame = FRAME_HEADER_BYTES + pages(db)?.size;
    Ok(frames.saturating_mul(frame).saturating_add(LOG_HEADER_BYTES))
}

/// The sizes of the headers of the log and of each frame (the file format of SQLite, section 4.1).
const LOG_HEADER_BYTES: i64 = 32;
const FRAME_HEADER_BYTES: i64 = 24;

fn pages(db: &mut AnyConnection) -> QueryResult<Pages> {
    sql_query(
        "SELECT page_count AS number, page_size AS size FROM pragma_page_count, pragma_page_size",
    )
    .get_result(db)
}

#[derive(QueryableByName)]
struct Pages {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    size: i64,
}

#[derive(QueryableByName)]
struct Checkpoint {
    /// The number of frames in the log, or -1.
    #[diesel(sql_type = BigInt)]
    log: i64,
}
