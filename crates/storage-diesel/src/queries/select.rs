//! Step one of a list: selects the ids in its window.

use diesel::prelude::*;
use domain::PostQuery;

use super::{
    ids::{IdIn, ids},
    scan_ahead::scan_ahead,
};
use crate::{
    connection::AnyConnection,
    engine::{Condition, Purpose},
    error::StorageError,
    schema::posts,
    sql_types::StoredUuid,
};

/// Returns the condition that a post is in the window of a query. Runs statements only if the query
/// has a search.
pub(super) fn select(db: &mut AnyConnection, query: &PostQuery) -> Result<Condition, StorageError> {
    let search = &query.filter.search;
    if search.is_empty() {
        return Ok(Box::new(IdIn::new(db, ids(query, None))));
    }
    if let Some(found) = scan_ahead(db, query)? {
        return Ok(Box::new(posts::id.eq_any(found)));
    }
    let plan = db.engine().plan_search(search, Purpose::List)?;
    Ok(Box::new(IdIn::new(db, ids(query, Some(plan)))))
}

/// Returns the ids of the posts in the window of a query, in its order.
pub(super) fn select_ids(
    db: &mut AnyConnection,
    query: &PostQuery,
) -> Result<Vec<StoredUuid>, StorageError> {
    let search = &query.filter.search;
    if search.is_empty() {
        return Ok(ids(query, None).load(db)?);
    }
    if let Some(found) = scan_ahead(db, query)? {
        return Ok(found);
    }
    let plan = db.engine().plan_search(search, Purpose::List)?;
    Ok(ids(query, Some(plan)).load(db)?)
}
