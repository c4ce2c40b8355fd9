//! Posts in an order: behind a place, or from a number on.

use std::collections::HashMap;

use diesel::{
    connection::SimpleConnection as _,
    dsl::{IntoBoxed, Select},
    expression::expression_types::NotSelectable,
    prelude::*,
};
use domain::{
    Direction, Position, Post, PostFilter, PostId, PostOrder, Selection, SortKey, SortValue,
    ports::Counted,
};

use super::{
    counts, key, near,
    search::{self, Condition, Purpose},
};
use crate::{
    connection::{AnyConnection, MultiBackend},
    error::StorageError,
    rows::{POST_COLUMNS, PostColumns, PostRow},
    schema::posts,
    sql_types::{StoredTimestamp, StoredUuid},
};

/// Something to sort posts by.
type Order = Box<dyn BoxableExpression<posts::table, MultiBackend, SqlType = NotSelectable>>;

/// The most posts to look for among those that come next.
const NEAR: i64 = 200;

pub(crate) fn list(
    db: &mut AnyConnection,
    selection: &Selection,
    after: Option<Position>,
    limit: u32,
) -> Result<Vec<Post>, StorageError> {
    if selection.filter.search.is_empty() {
        let rows: Vec<PostRow> = first(db, selection, after, limit)?.load(db)?;
        return rows.into_iter().map(Post::try_from).collect();
    }
    at_one_moment(db, |db| {
        let ids = ids(db, selection, after, 0, limit.into())?;
        by_ids(db, &ids)
    })
}

/// The ids of posts of a selection, but for the first `offset`, behind a place. What a search finds is
/// looked for among the posts that come next, before anywhere else.
fn ids(
    db: &mut AnyConnection,
    selection: &Selection,
    after: Option<Position>,
    offset: i64,
    limit: i64,
) -> Result<Vec<StoredUuid>, StorageError> {
    let count = offset.saturating_add(limit);
    if !selection.filter.search.is_empty()
        && count <= NEAR
        && let Some(ids) = near::among_next(db, selection, after.clone(), count)?
    {
        return Ok(ids.into_iter().skip(usize::try_from(offset).unwrap_or(usize::MAX)).collect());
    }
    ids_behind(db, selection, after, offset, limit)
}

/// A query of these columns of the posts of a selection behind a place, in the order of the selection.
macro_rules! selected {
    ($columns:expr, $db:expr, $selection:expr, $after:expr) => {{
        let selection: &Selection = $selection;
        let mut query = posts::table.select($columns).into_boxed();
        for condition in search::conditions($db, &selection.filter, Purpose::List)? {
            query = query.filter(condition);
        }
        if let Some(place) = $after {
            query = query.filter(behind(place, selection.order.direction));
        }
        query.order(order(selection.order))
    }};
}

/// The ids of posts of a selection, but for the first `offset`, behind a place. An index has them, so
/// what comes before is not read.
pub(super) fn ids_behind(
    db: &mut AnyConnection,
    selection: &Selection,
    after: Option<Position>,
    offset: i64,
    limit: i64,
) -> Result<Vec<StoredUuid>, StorageError> {
    Ok(selected!(posts::id, db, selection, after).offset(offset).limit(limit).load(db)?)
}

/// The query of the first rows of a selection behind a place.
fn first(
    db: &mut AnyConnection,
    selection: &Selection,
    after: Option<Position>,
    limit: u32,
) -> Result<IntoBoxed<'static, Select<posts::table, PostColumns>, MultiBackend>, StorageError> {
    Ok(selected!(POST_COLUMNS, db, selection, after).limit(limit.into()))
}

pub(crate) fn list_counted(
    db: &mut AnyConnection,
    selection: &Selection,
    offset: u64,
    limit: u32,
) -> Result<Counted, StorageError> {
    at_one_moment(db, |db| {
        let total = total(db, &selection.filter)?;
        if offset >= total {
            return Ok(Counted { posts: vec![], total });
        }
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let ids = ids(db, selection, None, offset, limit.into())?;
        Ok(Counted { posts: by_ids(db, &ids)?, total })
    })
}

/// Runs queries that see the database as it is at one moment, whatever is written meanwhile.
fn at_one_moment<T>(
    db: &mut AnyConnection,
    read: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    // To count what a search finds takes some memory: with less than that PostgreSQL notes pages, and
    // reads all that is on them.
    const ONE_MOMENT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
                              SET LOCAL work_mem = '32MB'";
    db.transaction(|db| {
        // A transaction of SQLite's is that already.
        if let AnyConnection::Postgres(db) = db {
            db.batch_execute(ONE_MOMENT)?;
        }
        read(db)
    })
}

/// How many posts pass a filter.
fn total(db: &mut AnyConnection, filter: &PostFilter) -> Result<u64, StorageError> {
    if filter.search.is_empty() {
        return counts::total(db, filter.published);
    }
    search::total(db, filter)
}

/// The posts of these ids, in the order of these ids. All of them are there.
fn by_ids(db: &mut AnyConnection, ids: &[StoredUuid]) -> Result<Vec<Post>, StorageError> {
    /// A statement has room for so many values on every database.
    const AT_ONCE: usize = 1_000;

    let mut posts = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let query = posts::table.filter(posts::id.eq_any(some.iter().copied()));
        let rows: Vec<PostRow> = query.select(POST_COLUMNS).load(db)?;
        for row in rows {
            let post = Post::try_from(row)?;
            posts.insert(post.id(), post);
        }
    }
    Ok(ids.iter().filter_map(|id| posts.remove(&PostId::new(id.0))).collect())
}

fn order(order: PostOrder) -> (Order, Order) {
    macro_rules! by {
        ($column:expr) => {
            match order.direction {
                Direction::Ascending => (Box::new($column.asc()), Box::new(posts::id.asc())),
                Direction::Descending => (Box::new($column.desc()), Box::new(posts::id.desc())),
            }
        };
    }
    match order.key {
        SortKey::CreatedAt => by!(posts::created_at),
        SortKey::UpdatedAt => by!(posts::updated_at),
        SortKey::Title => by!(posts::title),
    }
}

/// That a post comes behind a place. The first comparison says once more what the other two say, in
/// a way that a database can go to: by those alone it would look through an index from its
/// beginning.
fn behind(place: Position, direction: Direction) -> Condition {
    let id = key(place.id);
    macro_rules! by {
        ($column:expr, $value:expr) => {{
            let value = $value;
            match direction {
                Direction::Ascending => {
                    Box::new($column.ge(value.clone()).and($column.gt(value).or(posts::id.gt(id))))
                }
                Direction::Descending => {
                    Box::new($column.le(value.clone()).and($column.lt(value).or(posts::id.lt(id))))
                }
            }
        }};
    }
    match place.value {
        SortValue::CreatedAt(at) => by!(posts::created_at, StoredTimestamp(at)),
        SortValue::UpdatedAt(at) => by!(posts::updated_at, StoredTimestamp(at)),
        SortValue::Title(title) => by!(posts::title, title.into_string()),
    }
}

#[cfg(test)]
mod tests {
    use diesel::{
        query_builder::{AstPass, Query, QueryFragment, QueryId},
        sql_types::{Integer, Text},
    };
    use domain::{Timestamp, Title};
    use uuid::Uuid;

    use super::*;
    use crate::connection::DatabaseUrl;

    /// SQLite's plan for a query.
    #[derive(QueryId)]
    struct Explained<Q>(Q);

    impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Explained<Q> {
        fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
            out.push_sql("EXPLAIN QUERY PLAN ");
            self.0.walk_ast(out)
        }
    }

    impl<Q> Query for Explained<Q> {
        type SqlType = (Integer, Integer, Integer, Text);
    }

    impl<Q> RunQueryDsl<AnyConnection> for Explained<Q> {}

    fn places(key: SortKey) -> [Option<Position>; 2] {
        let value = match key {
            SortKey::CreatedAt => SortValue::CreatedAt(Timestamp::MIN),
            SortKey::UpdatedAt => SortValue::UpdatedAt(Timestamp::MIN),
            SortKey::Title => SortValue::Title(Title::new("A title").unwrap()),
        };
        [None, Some(Position { value, id: PostId::new(Uuid::nil()) })]
    }

    #[test]
    fn every_list_goes_to_its_place_in_an_index_and_sorts_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("blog.db").display());
        let database = url.parse::<DatabaseUrl>().unwrap().into_database();
        let mut db = database.prepare().unwrap();

        for order in PostOrder::ALL {
            for published in [None, Some(true)] {
                for after in places(order.key) {
                    let filter = PostFilter { published, ..PostFilter::default() };
                    let selection = Selection { filter, order };
                    let goes_on = after.is_some();
                    let query = first(&mut db, &selection, after, 10).unwrap();

                    let plan: Vec<(i32, i32, i32, String)> =
                        Explained(query).load(&mut db).unwrap();

                    let [(.., step)] = plan.as_slice() else { panic!("{plan:?}") };
                    assert!(step.contains(" USING INDEX posts_by_"), "{step}");
                    assert_eq!(step.contains("(published=?"), published.is_some(), "{step}");
                    assert_eq!(step.contains(">?)") || step.contains("<?)"), goes_on, "{step}");
                }
            }
        }
    }
}
