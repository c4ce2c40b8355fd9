//! Step one of a list: selects the ids in its window.

use diesel::prelude::*;
use domain::PostQuery;

use super::{
    ids::{IdIn, IdQuery, ids},
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
    Ok(match window(db, query)? {
        Ids::Known(ids) => Box::new(posts::id.eq_any(ids)),
        Ids::Query(ids) => Box::new(IdIn::new(db, ids)),
    })
}

/// Returns the ids of the posts in the window of a query, in its order.
pub(super) fn select_ids(
    db: &mut AnyConnection,
    query: &PostQuery,
) -> Result<Vec<StoredUuid>, StorageError> {
    Ok(match window(db, query)? {
        Ids::Known(ids) => ids,
        Ids::Query(ids) => ids.load(db)?,
    })
}

/// The ids of the posts in a window.
enum Ids {
    /// The ids, in the order of the query.
    Known(Vec<StoredUuid>),
    /// The query that returns the ids.
    Query(IdQuery),
}

fn window(db: &mut AnyConnection, query: &PostQuery) -> Result<Ids, StorageError> {
    let search = &query.filter.search;
    if search.is_empty() {
        return Ok(Ids::Query(ids(query, None)));
    }
    if let Some(found) = scan_ahead(db, query)? {
        return Ok(Ids::Known(found));
    }
    let plan = db.engine().plan_search(search, Purpose::List)?;
    Ok(Ids::Query(ids(query, Some(plan))))
}
