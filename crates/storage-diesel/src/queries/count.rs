//! Counts the posts in the result of a query.

use diesel::{dsl::count_star, prelude::*};
use domain::{PostFilter, PostQuery};

use super::{
    counters,
    ids::{conditions, required_published},
};
use crate::{connection::AnyConnection, engine::Purpose, error::StorageError, schema::posts};

/// Returns how many posts the result of a query has. The window of the query is ignored.
pub(super) fn count_result(db: &mut AnyConnection, query: &PostQuery) -> Result<u64, StorageError> {
    let PostQuery { scope, filter, order: _, window: _ } = query;
    let PostFilter { published, search } = filter;
    let required = required_published(*scope, *published);
    if search.is_empty() {
        return counters::total(db, &required);
    }
    if required.is_empty()
        && let Some(total) = db.engine().count_matches(search)?
    {
        return Ok(total.unsigned_abs());
    }
    let plan = db.engine().plan_search(search, Purpose::Count)?;
    let mut total = posts::table.select(count_star()).into_boxed();
    for condition in conditions(query, Some(plan)) {
        total = total.filter(condition);
    }
    Ok(total.get_result::<i64>(db)?.unsigned_abs())
}
