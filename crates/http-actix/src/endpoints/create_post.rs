//! `POST /api/posts`: create a post.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{ETAG, LAST_MODIFIED, LOCATION},
    },
    web,
};
use domain::{CreatedOnce, NewPost, PostError, PostService};
use paperclip::{
    actix::{CreatedJson, api_v2_operation},
    v2::{models::DefaultSchemaRaw, schema::Apiv2Schema},
};
use serde_json::{Value, json};

use crate::{
    documentation::{Body, Operation, Response, documented_as},
    error::ApiError,
    headers::IDEMPOTENT_REPLAYED,
    media_type::Accepted,
    options::Limits,
    paths,
    problems::{Invalid, MESSAGE_MISSING, Part, Problems},
    request::{
        Caller, IdempotencyKeyHeader, JsonBody, NoParameters, Object, Payload, Presence, Query,
        post_fields,
    },
    response::{PostBody, post_headers},
};

/// The body that creates a post.
pub(crate) struct CreatePost;

impl Payload for CreatePost {
    type Value = NewPost;

    fn read(object: &mut Object<'_>, problems: &mut Problems) -> Option<NewPost> {
        post_fields::new_post(post_fields::read(object, Presence::Required, problems))
    }
}

impl Apiv2Schema for CreatePost {
    fn raw_schema() -> DefaultSchemaRaw {
        post_fields::schema("CreatePost", "A new post.", Presence::Required)
    }
}

/// Create a post
///
/// The server sets the id and the times. The post is public by default.
#[api_v2_operation(operation_id = "createPost", tags("posts"))]
pub(crate) async fn create_post(
    posts: web::Data<PostService>,
    Caller(viewer): Caller,
    _: Query<NoParameters>,
    key: IdempotencyKeyHeader,
    body: JsonBody<CreatePost>,
) -> Result<Created, ApiError> {
    Ok(Created(match key.0 {
        Some(key) => posts.create_once(body.0, key, viewer).await?,
        None => CreatedOnce { post: posts.create(body.0).await?, replayed: false },
    }))
}

/// The response with the created post. An earlier request with the same `Idempotency-Key` may have
/// created it.
pub(crate) struct Created(CreatedOnce);

impl Responder for Created {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let Self(CreatedOnce { post, replayed }) = self;
        let mut response = HttpResponse::Created();
        response.insert_header((LOCATION, paths::post_path(post.id())));
        post_headers(&mut response, &post);
        if replayed {
            response.insert_header((IDEMPOTENT_REPLAYED, "true"));
        }
        response.json(PostBody::from(post))
    }
}

documented_as!(Created: CreatedJson<PostBody>);

pub(crate) fn documentation() -> Operation {
    Operation {
        parameters: vec![
            IdempotencyKeyHeader::documentation(),
            Query::<NoParameters>::documentation(),
        ],
        body: Some(Body { example: post_fields::example(), ..Body::default() }),
        responses: vec![Response {
            status: StatusCode::CREATED,
            description: "The created post.",
            headers: vec![LOCATION, ETAG, LAST_MODIFIED, IDEMPOTENT_REPLAYED],
            example: Some(json!(PostBody::example())),
            links: Some(links_to_the_post()),
        }],
        failures: vec![
            ApiError::InvalidJson,
            ApiError::BodyTooSlow,
            PostError::InProgress.into(),
            ApiError::BodyTooLong { limit: Limits::default().body_bytes },
            ApiError::UnsupportedMediaType { accepted: Accepted::Json },
            ApiError::Compressed,
            ApiError::Invalid(Invalid::one(Part::Json, "title", MESSAGE_MISSING)),
        ],
        ..Operation::default()
    }
}

/// Returns links to the operations on the created post.
fn links_to_the_post() -> Value {
    let id = json!({ paths::POST_ID: "$response.body#/id" });
    let id_and_tag = json!({
        paths::POST_ID: "$response.body#/id",
        "header.If-Match": "$response.header.ETag",
    });
    let link = |operation: &str, parameters: &Value| json!({ "operationId": operation, "parameters": parameters });
    json!({
        "read": link("getPost", &id),
        "replace": link("replacePost", &id_and_tag),
        "change": link("patchPost", &id_and_tag),
        "delete": link("deletePost", &id),
        "preview": link("createPreview", &id),
    })
}

#[cfg(test)]
mod tests {
    use domain::{Content, Title};
    use proptest::prelude::*;

    use super::*;

    fn read(body: Value) -> (Option<NewPost>, Problems) {
        let (mut problems, body) = (Problems::default(), body.to_string());
        let mut object = Object::parse(body.as_bytes()).unwrap();
        let post = CreatePost::read(&mut object, &mut problems);
        object.report_unknown(&mut problems);
        (post, problems)
    }

    #[test]
    fn a_valid_body_becomes_a_new_post() {
        let (post, problems) =
            read(json!({ "title": "A title", "content": "Some content", "published": false }));

        let expected = NewPost {
            published: false,
            ..NewPost::new(Title::new("A title").unwrap(), Content::new("Some content").unwrap())
        };
        assert_eq!((post, problems.is_empty()), (Some(expected), true));
    }

    #[test]
    fn a_post_is_published_by_default() {
        let (post, _) = read(json!({ "title": "A title", "content": "Some content" }));

        assert!(post.unwrap().published);
    }

    /// Generates JSON values of any type.
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
