//! Builds the query that selects the ids in a window. No function here runs a statement.

use diesel::{
    dsl,
    expression::{ValidGrouping, expression_types::NotSelectable, is_aggregate},
    prelude::*,
    query_builder::{AstPass, QueryFragment},
    sql_types::Bool,
};
use domain::{
    Direction, Keyset, PostFilter, PostOrder, PostQuery, Scope, SortKey, SortValue, Start,
};

use crate::{
    connection::{AnyConnection, MultiBackend},
    engine::{Condition, SearchPlan, not_indexed},
    schema::posts,
    sql_types::{StoredTimestamp, StoredUuid},
};

/// A query that selects the ids of posts.
pub(super) type IdQuery =
    dsl::IntoBoxed<'static, dsl::Select<posts::table, posts::id>, MultiBackend>;

/// An expression to sort posts by.
type SortExpression =
    Box<dyn BoxableExpression<posts::table, MultiBackend, SqlType = NotSelectable>>;

/// Builds the query that selects the ids in the window of `query`, in its order. `plan` says how to
/// express the search. It is `None` if the query has no search.
///
/// The indexes contain the ids. So without a search, a database skips the posts before an offset
/// without reading their rows.
pub(super) fn ids(query: &PostQuery, plan: Option<SearchPlan>) -> IdQuery {
    let mut ids = posts::table.select(posts::id).into_boxed();
    for condition in conditions(query, plan) {
        ids = ids.filter(condition);
    }
    ids = match &query.window.start {
        Start::First => ids,
        Start::After(keyset) => ids.filter(after(keyset, query.order.direction)),
        Start::Offset(posts) => ids.offset(i64::try_from(*posts).unwrap_or(i64::MAX)),
    };
    ids.order(sort_expressions(query.order)).limit(query.window.limit.into())
}

/// The condition that the id of a post is in the result of a query. diesel's own `eq_any` does not
/// accept a query of [`MultiBackend`].
pub(super) struct IdIn {
    ids: IdQuery,
    sql: (&'static str, &'static str),
}

impl IdIn {
    /// Builds the condition for the engine of `db`.
    pub(super) fn new(db: &mut AnyConnection, ids: IdQuery) -> Self {
        Self { ids, sql: db.engine().id_in_subquery() }
    }
}

impl Expression for IdIn {
    type SqlType = Bool;
}

impl QueryFragment<MultiBackend> for IdIn {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let (before, after) = self.sql;
        out.push_sql(before);
        QueryFragment::<MultiBackend>::walk_ast(&self.ids, out.reborrow())?;
        out.push_sql(after);
        Ok(())
    }
}

impl SelectableExpression<posts::table> for IdIn {}

impl AppearsOnTable<posts::table> for IdIn {}

impl<GroupBy> ValidGrouping<GroupBy> for IdIn {
    type IsAggregate = is_aggregate::Never;
}

/// Returns the conditions of the query's scope and filter.
pub(super) fn conditions(query: &PostQuery, plan: Option<SearchPlan>) -> Vec<Condition> {
    let PostQuery { scope, filter, order: _, window: _ } = query;
    let PostFilter { published, search: _ } = filter;
    let is_selective = plan.as_ref().is_some_and(|plan| plan.is_selective);
    let mut conditions: Vec<Condition> = Vec::new();
    for value in required_published(*scope, *published) {
        let condition: Condition = Box::new(posts::published.eq(value));
        conditions.push(if is_selective { not_indexed(condition) } else { condition });
    }
    conditions.extend(plan.map(|plan| plan.condition));
    conditions
}

/// Returns the values that `published` must equal in this scope and with this filter. If there are
/// two different values, no post matches.
pub(super) fn required_published(scope: Scope, published: Option<bool>) -> Vec<bool> {
    let by_scope = match scope {
        Scope::Everything => None,
        Scope::PublishedOnly => Some(true),
    };
    by_scope.into_iter().chain(published).collect()
}

fn sort_expressions(order: PostOrder) -> (SortExpression, SortExpression) {
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

/// Returns the condition that a post comes after a keyset. In ascending order it is
/// `column >= value AND (column > value OR id > keyset id)`.
///
/// The first comparison is logically redundant, but a database needs it to seek in an index.
/// Without it, the database would read the index from its start.
fn after(keyset: &Keyset, direction: Direction) -> Condition {
    let id = StoredUuid::from(keyset.id);
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
    match &keyset.value {
        SortValue::CreatedAt(at) => by!(posts::created_at, StoredTimestamp(*at)),
        SortValue::UpdatedAt(at) => by!(posts::updated_at, StoredTimestamp(*at)),
        SortValue::Title(title) => by!(posts::title, title.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use diesel::{
        query_builder::{Query, QueryId},
        sql_types::{Integer, Text},
    };
    use domain::{PostId, Timestamp, Title, Window};
    use uuid::Uuid;

    use super::*;
    use crate::database::DatabaseUrl;

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

    fn starts(key: SortKey) -> [Start; 3] {
        let value = match key {
            SortKey::CreatedAt => SortValue::CreatedAt(Timestamp::MIN),
            SortKey::UpdatedAt => SortValue::UpdatedAt(Timestamp::MIN),
            SortKey::Title => SortValue::Title(Title::new("A title").unwrap()),
        };
        let keyset = Keyset { value, id: PostId::new(Uuid::nil()) };
        [Start::First, Start::After(keyset), Start::Offset(100)]
    }

    #[test]
    fn every_window_is_read_in_order_from_a_covering_index() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("blog.db").display());
        let mut db = url.parse::<DatabaseUrl>().unwrap().into_database().prepare().unwrap();

        for order in PostOrder::ALL {
            for (scope, published, is_filtered) in [
                (Scope::Everything, None, false),
                (Scope::Everything, Some(false), true),
                (Scope::PublishedOnly, None, true),
                (Scope::PublishedOnly, Some(true), true),
            ] {
                for start in starts(order.key) {
                    let seeks = matches!(start, Start::After(_));
                    let query = PostQuery {
                        scope,
                        filter: PostFilter { published, ..PostFilter::default() },
                        order,
                        window: Window { start, limit: 10 },
                    };

                    let plan: Vec<(i32, i32, i32, String)> =
                        Explained(ids(&query, None)).load(&mut db).unwrap();

                    let [(.., step)] = plan.as_slice() else { panic!("{plan:?}") };
                    assert!(step.contains(" USING COVERING INDEX posts_by_"), "{step}");
                    assert_eq!(step.contains("(published=?"), is_filtered, "{step}");
                    assert_eq!(step.contains(">?)") || step.contains("<?)"), seeks, "{step}");
                }
            }
        }
    }
}
