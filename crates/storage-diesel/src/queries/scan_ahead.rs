//! Finds matches of a search by checking the posts that come next in the order.
//!
//! A frequent term has enough matches among these posts. The cost is then independent of the total
//! number of matches.

use std::collections::HashSet;

use diesel::prelude::*;
use domain::{PageSize, PostFilter, PostQuery, Search, Start, Window};

use super::ids::ids;
use crate::{connection::AnyConnection, error::StorageError, schema::posts, sql_types::StoredUuid};

/// The maximum of offset plus limit for which a query scans ahead. docs/BENCHMARKS.md, "Thresholds
/// of searches", measures this maximum and [`SCANNED_PER_WANTED`].
const MAX_WANTED: u32 = PageSize::MAX + ONE_MORE;

/// The query of a cursor page asks for one more post, to find out whether another page follows.
const ONE_MORE: u32 = 1;

/// The number of posts to scan for each post that is wanted.
const SCANNED_PER_WANTED: u32 = 20;

/// Returns the ids in the window of a query with a search. Returns `None` if the scanned posts have
/// too few matches and more posts follow. Also returns `None` if the window is too large, or if the
/// engine cannot limit the search to the scanned posts.
pub(super) fn scan_ahead(
    db: &mut AnyConnection,
    query: &PostQuery,
) -> Result<Option<Vec<StoredUuid>>, StorageError> {
    let PostQuery { scope, filter, order, window } = query;
    let PostFilter { published, search } = filter;
    let (start, skipped) = match &window.start {
        Start::Offset(posts) => (Start::First, u32::try_from(*posts).unwrap_or(u32::MAX)),
        start => (start.clone(), 0),
    };
    let wanted = skipped.saturating_add(window.limit);
    if wanted > MAX_WANTED {
        return Ok(None);
    }
    let limit = wanted * SCANNED_PER_WANTED;
    let without_search = PostQuery {
        scope: *scope,
        filter: PostFilter { published: *published, search: Search::default() },
        order: *order,
        window: Window { start, limit },
    };
    let next: Vec<StoredUuid> = ids(&without_search, None).load(db)?;
    let is_last = length(&next) < limit;

    let Some(matches) = db.engine().match_among(search, &next)? else { return Ok(None) };
    let matching = posts::table.select(posts::id).filter(posts::id.eq_any(next.clone()));
    let matching: Vec<StoredUuid> = matching.filter(matches).load(db)?;
    let matching: HashSet<_> = matching.into_iter().map(|id| id.0).collect();
    let mut found: Vec<_> = next.into_iter().filter(|id| matching.contains(&id.0)).collect();

    found.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    if length(&found) < wanted && !is_last {
        return Ok(None);
    }
    Ok(Some(found.into_iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)).collect()))
}

fn length(ids: &[StoredUuid]) -> u32 {
    u32::try_from(ids.len()).unwrap_or(u32::MAX)
}
