//! `GET /api/posts`: list posts, with filters, an order and paging.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest,
    http::{
        StatusCode,
        header::{ETAG, LINK},
    },
    web,
};
use domain::{
    InvalidValue, NumberedPage, PageNumber, PageSize, PostFilter, PostQuery, PostService, Search,
    Viewer, Window, ports::Listed,
};
use paperclip::{
    actix::{Apiv2Schema, api_v2_operation},
    v2::schema::Apiv2Schema as _,
};
use serde_json::json;

use crate::{
    documentation::{Operation, Response},
    entity_tag,
    error::ApiError,
    headers::{PAGINATION, TOTAL_COUNT},
    problems::{Invalid, Part, Problems},
    request::{
        Cursor, Flag, FromQuery, Paging, Parameters, Query, Sort, TagConditions, Validation,
    },
    response::{Fields, Links, List, ListHeaders, Pagination, PostBody, ResponseMemory},
};

/// The query parameters of `listPosts`.
#[derive(Apiv2Schema)]
#[allow(dead_code, reason = "the OpenAPI document is generated from the fields")]
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

/// The names of the query parameters.
static PARAMETERS: LazyLock<Vec<String>> =
    LazyLock::new(|| ListPosts::raw_schema().properties.into_keys().collect());

/// The parsed query parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    query: PostQuery,
    fields: Fields,
    paging: Paging,
}

impl FromQuery for ListPosts {
    type Value = Listing;

    fn read(parameters: &Parameters, viewer: Viewer, problems: &mut Problems) -> Option<Listing> {
        let flag = |text: &str| Flag::from_text(text).map_err(|message| vec![message.to_owned()]);
        let search = |text: &str| Search::parse(text).map_err(InvalidValue::into_messages);
        let published = parameters.read("published", flag, problems);
        let filter = PostFilter {
            published: published.map(|Flag(flag)| flag),
            search: parameters.read("q", search, problems).unwrap_or_default(),
        };
        let order = parameters.read("sort", Sort::parse, problems);
        let order = order.map(|Sort(order)| order).unwrap_or_default();
        let query = viewer.query(filter, order, Window::first(PageSize::LARGEST));
        let fields = parameters.read("fields", Fields::parse, problems);
        let is_valid = problems.is_empty();
        let paging = Paging::read(parameters, is_valid.then_some(&query), problems);
        Some(Listing { query, fields: fields.unwrap_or(Fields::ALL), paging })
    }
}

/// List posts
///
/// Returns all posts, newest first, unless the parameters filter, order or page them.
#[api_v2_operation(operation_id = "listPosts", tags("posts"))]
pub(crate) async fn list_posts(
    posts: web::Data<PostService>,
    query: Query<ListPosts>,
    conditions: TagConditions,
    request: HttpRequest,
) -> Result<List, ApiError> {
    let Listing { query, fields, paging } = query.0;
    let mut links = Links::new(request.query_string(), |name| {
        PARAMETERS.iter().any(|known| known == name) && !Paging::is_parameter(name)
    });
    let list = match paging {
        Paging::None => {
            let loading = ResponseMemory::of(&request).begin_loading().await;
            let _loading = loading.ok_or(ApiError::TooManyResponses)?;
            let mut stream = posts.stream(query);
            let first = stream.next().await?.unwrap_or_default();
            List::new(first, Some(stream), fields, ListHeaders::default())
        }
        Paging::Numbered { number, size } => {
            let query = query.with_window(Window::page(number, size));
            let NumberedPage { posts, rest, total } = posts.numbered_page(&query).await?;
            let pagination = Pagination::new(total, number, size);
            pagination.add_links(&mut links, size);
            let headers = ListHeaders { links: Some(links), pagination: Some(pagination) };
            List::new(posts, rest, fields, headers)
        }
        Paging::ByCursor { after, size } => {
            let query = query.with_window(Window::after(after, size));
            let page = posts.cursor_page(&query).await?;
            if let Some(next) = &page.next {
                let (limit, cursor) = (size.get().to_string(), Cursor::write(&query, next));
                links.add("next", &[("limit", &limit), ("cursor", &cursor)]);
            }
            let headers = ListHeaders { links: Some(links), pagination: None };
            List::new(page.posts, None, fields, headers)
        }
    };
    Ok(match conditions.validate(list.tag())? {
        Validation::Modified => list,
        Validation::NotModified(tag) => List::not_modified(tag),
    })
}

pub(crate) fn documentation() -> Operation {
    let sizes = json!({
        "type": "integer",
        "format": "int32",
        "minimum": PageSize::MIN,
        "maximum": PageSize::MAX,
    });
    Operation {
        description: Some(format!(
            "Returns all posts, newest first, unless the parameters filter, order or page them. There \
             are two kinds of paging. `page` and `page_size` select a numbered page. `limit` selects \
             the first cursor page, and `limit` with `cursor` the next ones. Cursor pages neither skip \
             nor repeat a post during concurrent writes, unless a write changes the post's position in \
             the order. The order by `created_at` never changes. `Link` has the URL of the next page. \
             The default page size is {}.",
            PageSize::DEFAULT.get()
        )),
        parameters: vec![
            json!({
                "published": {
                    "description": "Only public posts (`true`) or only drafts (`false`).",
                },
                "q": {
                    "description": "Full-text search over title and content. Returns posts that contain \
                                    every term, ignoring case. Punctuation separates terms; there are \
                                    no operators. A text without a term is ignored.",
                    "schema": { "type": "string", "maxLength": Search::MAX_CHARS },
                },
                "sort": {
                    "description": "The field to sort by. The prefix `-` sorts in descending order. Titles are \
                                    sorted by Unicode code point. Posts with equal values are sorted by \
                                    `id`.",
                    "schema": {
                        "type": "string",
                        "enum": Sort::names().collect::<Vec<_>>(),
                        "x-enum-varnames": Sort::names().map(|name| enum_variant_name(&name)).collect::<Vec<_>>(),
                        "default": Sort(domain::PostOrder::NEWEST_FIRST).name(),
                    },
                },
                "page": {
                    "description": "The page number. Past the last page, the list is empty. Cannot be combined \
                                    with `limit` or `cursor`.",
                    "schema": {
                        "type": "integer",
                        "format": "int32",
                        "minimum": PageNumber::MIN,
                        "maximum": PageNumber::MAX,
                    },
                },
                "page_size": {
                    "description": "The maximum number of posts on a numbered page.",
                    "schema": sizes,
                },
                "limit": {
                    "description": format!(
                        "The maximum number of posts on a cursor page. A page whose posts have more than \
                         {} MiB of text has fewer posts.",
                        Listed::MAX_TEXT_BYTES >> 20
                    ),
                    "schema": sizes,
                },
                "cursor": {
                    "description": "An opaque cursor from the `Link` of the previous page. The filter and the \
                                    order must be the same.",
                    "schema": { "type": "string" },
                },
            }),
            Fields::documentation(),
            TagConditions::documentation(),
            Query::<ListPosts>::documentation(),
        ],
        responses: vec![
            Response {
                status: StatusCode::OK,
                description: "The posts, in the requested order. With `fields`, each has only those \
                              fields.",
                headers: vec![ETAG, LINK, PAGINATION, TOTAL_COUNT],
                example: Some(json!([PostBody::example()])),
                ..Response::default()
            },
            Response::not_modified(vec![ETAG]),
        ],
        failures: vec![
            ApiError::TagMismatch { current: Some(entity_tag::from_content(["an example"])) },
            ApiError::Invalid(Invalid::one(Part::Query, "published", Flag::MESSAGE)),
        ],
        ..Operation::default()
    }
}

/// Returns the name of an order in generated code, where a name cannot contain a `-`.
fn enum_variant_name(order: &str) -> String {
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
        let listing = ListPosts::read(&Parameters::of(query), Viewer::Anonymous, &mut problems);
        (listing, problems.by_field().keys().cloned().collect())
    }

    #[test]
    fn without_parameters_all_posts_are_listed_newest_first() {
        let expected = Listing {
            query: Viewer::Anonymous.query(
                PostFilter::default(),
                PostOrder::NEWEST_FIRST,
                Window::first(PageSize::LARGEST),
            ),
            fields: Fields::ALL,
            paging: Paging::None,
        };

        assert_eq!(read("unknown=1"), (Some(expected), vec![]));
    }

    #[test]
    fn published_accepts_other_spellings_of_booleans() {
        for (query, expected) in
            [("", None), ("published=yes", Some(true)), ("published=0", Some(false))]
        {
            let (listing, problems) = read(query);

            assert_eq!(listing.unwrap().query.filter.published, expected);
            assert_eq!(problems, [""; 0]);
        }
    }

    #[test]
    fn all_problems_are_reported_by_parameter() {
        let query = format!("published=x&q={}&sort=id&fields=a&page=0&limit=0", "a".repeat(201));

        assert_eq!(read(&query).1, ["fields", "limit", "page", "published", "q", "sort"]);
    }
}
