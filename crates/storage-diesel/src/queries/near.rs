//! What a search finds among the posts that come next. Of one that finds many, that is enough; and it
//! costs the same however many it finds.

use std::collections::HashSet;

use diesel::prelude::*;
use domain::{Position, PostFilter, Selection};

use super::{list::ids_behind, search};
use crate::{connection::AnyConnection, error::StorageError, schema::posts, sql_types::StoredUuid};

/// How many posts to look at for each that is wanted: more than would be found by other ways in the
/// same time.
const LOOK_AT: i64 = 20;

/// The ids of the first `count` posts of a selection with a search, or of the first behind `after`.
/// `None` when so many are not found among the next posts, and there are others.
pub(super) fn among_next(
    db: &mut AnyConnection,
    selection: &Selection,
    after: Option<Position>,
    count: i64,
) -> Result<Option<Vec<StoredUuid>>, StorageError> {
    let Selection { filter: PostFilter { published, search: words }, order } = selection;
    let everyone = Selection {
        filter: PostFilter { published: *published, ..PostFilter::default() },
        order: *order,
    };
    let look_at = count.saturating_mul(LOOK_AT);
    let next = ids_behind(db, &everyone, after, 0, look_at)?;
    let are_all = i64::try_from(next.len()).unwrap_or(i64::MAX) < look_at;

    let Some(has_words) = search::has_words(db, words, &next)? else { return Ok(None) };
    let among = posts::table.select(posts::id).filter(posts::id.eq_any(next.clone()));
    let found: Vec<StoredUuid> = among.filter(has_words).load(db)?;
    let found: HashSet<_> = found.into_iter().map(|id| id.0).collect();
    let mut ids: Vec<_> = next.into_iter().filter(|id| found.contains(&id.0)).collect();

    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    ids.truncate(wanted);
    Ok((are_all || ids.len() == wanted).then_some(ids))
}
