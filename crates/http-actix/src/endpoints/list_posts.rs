//! `GET /api/posts`: every post, or every one of a kind.

use std::collections::BTreeMap;

use actix_web::{http::Method, web};
use domain::{PostService, ports::PostFilter};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde_json::{Value, json};

use crate::{
    error::ApiError,
    openapi::{Failure, examples, operation},
    payload::{Flag, FromQuery, Problems, Query},
    representation::PostRepresentation,
    routes,
};

/// Which posts to list.
#[derive(Apiv2Schema)]
pub(crate) struct ListPosts {
    published: Option<bool>,
}

impl FromQuery for ListPosts {
    fn read(parameters: &BTreeMap<String, String>, problems: &mut Problems) -> Option<Self> {
        let published = parameters.get("published").map(|text| Flag::from_text(text)).transpose();
        match published {
            Ok(published) => Some(Self { published: published.map(|Flag(flag)| flag) }),
            Err(message) => {
                problems.add("published", message);
                None
            }
        }
    }
}

/// List posts
///
/// Every post, newest first.
#[api_v2_operation(operation_id = "listPosts", tags("posts"))]
pub(crate) async fn list_posts(
    posts: web::Data<PostService>,
    query: Query<ListPosts>,
) -> Result<web::Json<Vec<PostRepresentation>>, ApiError> {
    let filter = PostFilter { published: query.0.published };
    let posts = posts.list(filter).await?;
    Ok(web::Json(posts.into_iter().map(PostRepresentation::from).collect()))
}

pub(super) fn documentation() -> Value {
    operation(
        routes::POSTS,
        &Method::GET,
        &[Failure::InvalidQuery],
        json!({
            "parameters": { "published": {
                "description": "Only the published posts (`true`) or only the drafts (`false`).",
                "example": true,
            }},
            "responses": { "200": {
                "description": "The posts, newest first.",
                "content": { "application/json": { "example": [examples::answered()] } },
            }},
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_is_read_where_it_is_given() {
        for (sent, expected) in [(None, None), (Some("yes"), Some(true)), (Some("0"), Some(false))]
        {
            let parameters =
                sent.map(|text| ("published".to_owned(), text.to_owned())).into_iter().collect();
            let mut problems = Problems::default();

            let query = ListPosts::read(&parameters, &mut problems);

            assert_eq!((query.unwrap().published, problems.is_empty()), (expected, true));
        }
    }
}
