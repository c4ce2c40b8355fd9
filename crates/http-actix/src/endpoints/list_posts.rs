//! `GET /api/posts`: every post, every one of a kind, or some of them at a time.

use actix_web::{HttpRequest, http::Method, web};
use domain::{
    InvalidValue, PageNumber, PageSize, PostFilter, PostQuery, PostService, Search, Window,
    ports::PostsWithTotal,
};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde_json::{Value, json};

use crate::{
    error::ApiError,
    links::{Links, Pagination},
    list::{List, Part},
    openapi::{Failure, Header, examples, headers, not_modified, operation},
    payload::{
        Cursor, Fields, Flag, FromQuery, PageConditions, Paging, Parameters, Problems, Query, Sort,
    },
    routes,
    scope::SCOPE,
};

/// Which posts to list, and how.
#[derive(Apiv2Schema)]
#[allow(dead_code, reason = "these are the names and types that the document gets")]
pub(crate) struct ListPosts {
    published: Option<bool>,
    q: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
    page: Option<i32>,
    page_size: Option<i32>,
    limit: Option<i32>,
    cursor: Option<String>,
}

/// What a query asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    query: PostQuery,
    fields: Fields,
    paging: Paging,
}

impl FromQuery for ListPosts {
    type Value = Listing;

    fn read(parameters: &Parameters, problems: &mut Problems) -> Option<Listing> {
        let flag = |text: &str| Flag::from_text(text).map_err(|message| vec![message.to_owned()]);
        let search = |text: &str| Search::parse(text).map_err(InvalidValue::into_messages);
        let published = parameters.read("published", flag, problems);
        let query = PostQuery {
            scope: SCOPE,
            filter: PostFilter {
                published: published.map(|Flag(flag)| flag),
                search: parameters.read("q", search, problems).unwrap_or_default(),
            },
            order: parameters
                .read("sort", Sort::parse, problems)
                .map(|sort| sort.0)
                .unwrap_or_default(),
            window: Window::first(PageSize::LARGEST),
        };
        let fields = parameters.read("fields", Fields::parse, problems);
        let was_read = problems.is_empty();
        let paging = Paging::read(parameters, was_read.then_some(&query), problems);
        Some(Listing { query, fields: fields.unwrap_or_else(Fields::all), paging })
    }
}

/// List posts
///
/// Every post, newest first, unless the parameters say otherwise.
#[api_v2_operation(operation_id = "listPosts", tags("posts"))]
pub(crate) async fn list_posts(
    posts: web::Data<PostService>,
    query: Query<ListPosts>,
    conditions: PageConditions,
    request: HttpRequest,
) -> Result<List, ApiError> {
    let Listing { query, fields, paging } = query.0;
    let mut links = Links::from(&request);
    match paging {
        Paging::None => {
            let mut stream = posts.stream(query);
            let first = stream.next().await?.unwrap_or_default();
            Ok(List::whole(first, stream, fields))
        }
        Paging::Numbered { number, size } => {
            let query = query.with_window(Window::page(number, size));
            let PostsWithTotal { posts, total } = posts.numbered_page(&query).await?;
            let pagination = Pagination::new(total, number, size);
            pagination.add_to(&mut links, size);
            let part = Part { posts, pagination: Some(pagination), links };
            Ok(List::part(part, &fields, &conditions))
        }
        Paging::ByCursor { after, size } => {
            let query = query.with_window(Window::after(after, size));
            let page = posts.cursor_page(&query).await?;
            if let Some(next) = &page.next {
                let (limit, cursor) = (size.get().to_string(), Cursor::write(&query, next));
                links.add("next", &[("limit", &limit), ("cursor", &cursor)]);
            }
            let part = Part { posts: page.posts, pagination: None, links };
            Ok(List::part(part, &fields, &conditions))
        }
    }
}

pub(super) fn documentation() -> Value {
    let sizes = json!({ "type": "integer", "format": "int32", "minimum": PageSize::MIN, "maximum": PageSize::MAX });
    operation(
        routes::POSTS,
        &Method::GET,
        &[Failure::InvalidQuery],
        json!({
            "description": format!(
                "Every post, newest first, unless the parameters ask for others, for another order \
                 or for a part of them. There are two ways to get a part at a time: by `page` and \
                 `page_size`, or by `limit` and then `cursor`, which skips and repeats nothing while \
                 others write, but for a post that a change moves to another place in the order: one \
                 by `created_at` is not moved by anything. Either way `Link` says where to go on; where a number of posts is \
                 left out it is {}.",
                PageSize::DEFAULT.get()
            ),
            "parameters": [
                {
                    "published": {
                        "description": "Only the published posts (`true`) or only the drafts (`false`).",
                    },
                    "q": {
                        "description": "Only posts whose title and content have all of these words, in \
                                        any case and order. There is no syntax: whatever is no letter \
                                        and no digit parts words. Without a word it counts for nothing.",
                        "schema": { "type": "string", "maxLength": Search::MAX_CHARS },
                    },
                    "sort": {
                        "description": "The field to sort by; with `-` before it the greatest comes \
                                        first. Titles are sorted by Unicode code point. Posts that are \
                                        equal by it are sorted by `id`.",
                        "schema": {
                            "type": "string",
                            "enum": Sort::names().collect::<Vec<_>>(),
                            "x-enum-varnames": Sort::names().map(|name| name_in_code(&name)).collect::<Vec<_>>(),
                            "default": Sort(domain::PostOrder::NEWEST_FIRST).name(),
                        },
                    },
                    "fields": {
                        "description": "Only these fields of each post, with commas between them, such as `id,title`.",
                        "schema": { "type": "string", "pattern": Fields::pattern() },
                    },
                    "page": {
                        "description": "The number of a page. Past the last there are no posts. Not \
                                        together with `limit` or `cursor`.",
                        "schema": {
                            "type": "integer",
                            "format": "int32",
                            "minimum": PageNumber::MIN,
                            "maximum": PageNumber::MAX,
                        },
                    },
                    "page_size": {
                        "description": "How many posts there are on a page, with `page`.",
                        "schema": sizes,
                    },
                    "limit": {
                        "description": "How many posts to answer with at most. `Link` then says \
                                        where to go on.",
                        "schema": sizes,
                    },
                    "cursor": {
                        "description": "Where to go on: taken from `Link`, for the same filter and \
                                        order as there. Not to be made or changed by hand.",
                        "schema": { "type": "string" },
                    },
                },
                PageConditions::documentation(),
                Query::<ListPosts>::documentation(),
            ],
            "responses": {
                "200": {
                    "description": "The posts, in the order that was asked for.",
                    "headers": headers(&[
                        Header::ETag,
                        Header::Link,
                        Header::Pagination,
                        Header::TotalCount,
                        Header::PreferenceApplied,
                        Header::CacheControl,
                    ]),
                    "content": { "application/json": { "example": [examples::answered()] } },
                },
                "304": not_modified(&[Header::ETag, Header::CacheControl]),
            },
        }),
    )
}

/// What a generated client can call an order: a minus cannot stand in a name.
fn name_in_code(order: &str) -> String {
    match order.strip_prefix('-') {
        Some(field) => format!("{}_DESCENDING", field.to_uppercase()),
        None => order.to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use domain::PostOrder;

    use super::*;

    fn read(query: &str) -> (Option<Listing>, Vec<String>) {
        let mut problems = Problems::default();
        let listing = ListPosts::read(&Parameters::of(query), &mut problems);
        (listing, problems.by_field().keys().cloned().collect())
    }

    #[test]
    fn without_parameters_every_post_is_asked_for_newest_first() {
        let expected = Listing {
            query: PostQuery {
                scope: SCOPE,
                filter: PostFilter::default(),
                order: PostOrder::NEWEST_FIRST,
                window: Window::first(PageSize::LARGEST),
            },
            fields: Fields::all(),
            paging: Paging::None,
        };

        assert_eq!(read("unknown=1"), (Some(expected), vec![]));
    }

    #[test]
    fn published_is_read_in_every_spelling() {
        for (query, expected) in
            [("", None), ("published=yes", Some(true)), ("published=0", Some(false))]
        {
            let (listing, problems) = read(query);

            assert_eq!(listing.unwrap().query.filter.published, expected);
            assert_eq!(problems, [""; 0]);
        }
    }

    #[test]
    fn every_problem_is_reported_by_its_parameter() {
        let query = format!("published=x&q={}&sort=id&fields=a&page=0&limit=0", "a".repeat(201));

        assert_eq!(read(&query).1, ["fields", "limit", "page", "published", "q", "sort"]);
    }
}
