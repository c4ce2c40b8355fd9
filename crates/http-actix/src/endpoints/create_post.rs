//! `POST /api/posts`: make a post.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{Method, header},
    web,
};
use domain::{Content, CreatedOnce, NewPost, PostService, Title};
use paperclip::actix::{Apiv2Schema, CreatedJson, api_v2_operation};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::ApiError,
    headers::IDEMPOTENT_REPLAYED,
    openapi::{Failure, Header, documented_as, examples, headers, operation},
    payload::{
        Flag, JsonBody, KeyInHeader, NoParameters, Optional, Payload, Problems, Query, Required,
        UnknownFields,
    },
    representation::{OnePost, PostRepresentation},
    routes,
};

/// What makes a post.
#[derive(Deserialize, Apiv2Schema)]
pub(crate) struct CreatePost {
    #[serde(default)]
    title: Required<String>,
    #[serde(default)]
    content: Required<String>,
    #[serde(default)]
    published: Optional<Flag>,
    #[serde(flatten)]
    unknown: UnknownFields,
}

impl Payload for CreatePost {
    type Value = NewPost;

    fn read(self, problems: &mut Problems) -> Option<NewPost> {
        self.unknown.report(problems);
        let title = self.title.read("title", Title::new, problems);
        let content = self.content.read("content", Content::new, problems);
        let published = self.published.read("published", |Flag(flag)| Ok(flag), problems);
        let post = NewPost::new(title?, content?);
        Some(NewPost { published: published.unwrap_or(post.published), ..post })
    }
}

/// Create a post
///
/// The server gives the post its id and its times.
#[api_v2_operation(operation_id = "createPost", tags("posts"))]
pub(crate) async fn create_post(
    posts: web::Data<PostService>,
    _: Query<NoParameters>,
    key: KeyInHeader,
    body: JsonBody<CreatePost>,
) -> Result<Created, ApiError> {
    Ok(Created(match key.0 {
        Some(key) => posts.create_once(body.0, key).await?,
        None => CreatedOnce { post: posts.create(body.0).await?, replayed: false },
    }))
}

/// A post that was made, now or by the same request before.
pub(crate) struct Created(CreatedOnce);

impl Responder for Created {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let Self(CreatedOnce { post, replayed }) = self;
        let mut response = HttpResponse::Created();
        response.insert_header((header::LOCATION, routes::path_of_post(post.id())));
        OnePost::add_headers(&mut response, &post);
        if replayed {
            response.insert_header((IDEMPOTENT_REPLAYED, "true"));
        }
        response.json(PostRepresentation::from(post))
    }
}

documented_as!(Created: CreatedJson<PostRepresentation>);

pub(super) fn documentation() -> Value {
    operation(
        routes::POSTS,
        &Method::POST,
        &[
            Failure::MalformedBody,
            Failure::BodyTooSlow,
            Failure::UnderWay,
            Failure::BodyTooLong,
            Failure::UnsupportedMediaType,
            Failure::InvalidBody,
        ],
        json!({
            "parameters": [KeyInHeader::documentation(), Query::<NoParameters>::documentation()],
            "requestBody": { "content": { "application/json": { "example": examples::sent() } } },
            "responses": { "201": {
                "description": "The post, as it was made.",
                "headers": headers(&[
                    Header::Location,
                    Header::ETag,
                    Header::LastModified,
                    Header::IdempotentReplayed,
                ]),
                "links": links_to_the_post(),
                "content": { "application/json": { "example": examples::answered() } },
            }},
        }),
    )
}

/// What can be done next with the post that was made, for whoever follows the document.
fn links_to_the_post() -> Value {
    let id = json!({ routes::POST_ID: "$response.body#/id" });
    let id_and_tag = json!({
        routes::POST_ID: "$response.body#/id",
        "header.If-Match": "$response.header.ETag",
    });
    let link = |operation: &str, parameters: &Value| json!({ "operationId": operation, "parameters": parameters });
    json!({
        "read": link("getPost", &id),
        "replace": link("replacePost", &id_and_tag),
        "change": link("patchPost", &id_and_tag),
        "delete": link("deletePost", &id),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: Value) -> (Option<NewPost>, Problems) {
        let mut problems = Problems::default();
        let payload: CreatePost = serde_json::from_value(body).unwrap();
        (payload.read(&mut problems), problems)
    }

    #[test]
    fn a_body_becomes_a_new_post() {
        let (post, problems) =
            read(json!({ "title": "A title", "content": "Some content", "published": false }));

        let expected = NewPost {
            published: false,
            ..NewPost::new(Title::new("A title").unwrap(), Content::new("Some content").unwrap())
        };
        assert_eq!((post, problems.is_empty()), (Some(expected), true));
    }

    #[test]
    fn a_post_is_published_unless_told_otherwise() {
        let (post, _) = read(json!({ "title": "A title", "content": "Some content" }));

        assert!(post.unwrap().published);
    }

    /// A value that can stand in a body.
    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            ".{3,100}".prop_map(Value::from),
            Just(json!([])),
            Just(json!({ "title": "A title" })),
        ]
    }

    proptest! {
        #[test]
        fn any_object_is_a_post_or_has_problems(
            fields in prop::collection::btree_map(
                prop_oneof![
                    Just("title".to_owned()),
                    Just("content".to_owned()),
                    Just("published".to_owned()),
                    any::<String>(),
                ],
                value(),
                0..6,
            ),
        ) {
            let unknown = fields.keys().any(|name| {
                !["title", "content", "published"].contains(&name.as_str())
            });

            let (post, problems) = read(json!(fields));

            prop_assert!(post.is_some() || !problems.is_empty());
            prop_assert!(!unknown || !problems.is_empty());
        }
    }
}
