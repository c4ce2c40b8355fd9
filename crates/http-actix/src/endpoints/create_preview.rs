//! `POST /api/posts/{post_id}/preview`: create a preview link.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::StatusCode, web};
use chrono::{DateTime, Utc};
use domain::{InvalidValue, PostService, PreviewLifetime, PreviewService, PreviewToken};
use paperclip::{
    actix::{Apiv2Schema, CreatedJson, api_v2_operation},
    v2::models::DefaultSchemaRaw,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    documentation::{Body, Operation, Response, documented_as},
    error::ApiError,
    examples,
    media_type::Accepted,
    options::Limits,
    problems::{Invalid, Part, Problems},
    request::{
        Caller, JsonBody, NoParameters, Object, Payload, PostIdPath, Presence, Query, WholeNumber,
    },
    response::rfc3339,
};

/// The body of a request that creates a preview link.
pub(crate) struct CreatePreview;

/// The fields of the body.
#[derive(Apiv2Schema)]
#[allow(dead_code, reason = "the OpenAPI document is generated from it")]
struct Fields {
    expires_in: Option<i32>,
}

const EXPIRES_IN: &str = "expires_in";

impl Payload for CreatePreview {
    const MAY_BE_ABSENT: bool = true;

    type Value = PreviewLifetime;

    fn read(object: &mut Object<'_>, problems: &mut Problems) -> Option<PreviewLifetime> {
        let parse = |WholeNumber(seconds)| PreviewLifetime::new(seconds);
        let lifetime = object.take(EXPIRES_IN, Presence::Optional, parse, problems);
        Some(lifetime.unwrap_or(PreviewLifetime::DEFAULT))
    }
}

impl paperclip::v2::schema::Apiv2Schema for CreatePreview {
    fn raw_schema() -> DefaultSchemaRaw {
        let mut schema = Fields::raw_schema();
        schema.name = Some("CreatePreview".to_owned());
        schema.description = Some("How long a preview link is valid.".to_owned());
        schema
    }
}

/// A token that shows one post.
#[derive(Debug, Serialize, Apiv2Schema)]
#[openapi(rename = "Preview")]
pub(crate) struct PreviewBody {
    token: String,
    #[serde(serialize_with = "rfc3339")]
    expires_at: DateTime<Utc>,
}

impl From<PreviewToken> for PreviewBody {
    fn from(PreviewToken { text, expires_at }: PreviewToken) -> Self {
        Self { token: text, expires_at: expires_at.as_datetime() }
    }
}

/// Create a preview link
///
/// Returns a token. `GET` on the post with `preview` set to the token shows the post to any client
/// until the token expires, also if it is a draft.
#[api_v2_operation(operation_id = "createPreview", tags("posts"))]
pub(crate) async fn create_preview(
    posts: web::Data<PostService>,
    previews: web::Data<PreviewService>,
    Caller(viewer): Caller,
    post_id: PostIdPath,
    _: Query<NoParameters>,
    body: JsonBody<CreatePreview>,
) -> Result<Created, ApiError> {
    let post = posts.get(post_id.id()?, viewer).await?;
    let token = previews.create(post.id(), body.0).await.map_err(ApiError::Key)?;
    Ok(Created(token.into()))
}

/// The response with the token.
pub(crate) struct Created(PreviewBody);

impl Responder for Created {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created().json(self.0)
    }
}

documented_as!(Created: CreatedJson<PreviewBody>);

pub(crate) fn documentation() -> Operation {
    let range = PreviewLifetime::new(0).err().map(InvalidValue::into_messages).unwrap_or_default();
    Operation {
        parameters: vec![PostIdPath::documentation(), Query::<NoParameters>::documentation()],
        body: Some(Body {
            example: json!({ EXPIRES_IN: PreviewLifetime::DEFAULT.seconds() }),
            is_optional: CreatePreview::MAY_BE_ABSENT,
            ..Body::default()
        }),
        responses: vec![Response {
            status: StatusCode::CREATED,
            description: "The token.",
            example: Some(json!(PreviewBody {
                token: format!("67c0b4c2-{}", "5a".repeat(32)),
                expires_at: examples::time(),
            })),
            ..Response::default()
        }],
        failures: vec![
            ApiError::InvalidJson,
            ApiError::NotFound,
            ApiError::BodyTooSlow,
            ApiError::BodyTooLong { limit: Limits::default().body_bytes },
            ApiError::UnsupportedMediaType { accepted: Accepted::Json },
            ApiError::Compressed,
            ApiError::Invalid(Invalid::one(Part::Json, EXPIRES_IN, &range.concat())),
        ],
        ..Operation::default()
    }
}

/// Returns the documentation that paperclip does not generate for the fields of the body and of
/// the response.
pub(crate) fn schemas() -> serde_json::Value {
    json!({
        "CreatePreview": {
            "additionalProperties": false,
            "properties": {
                EXPIRES_IN: {
                    "description": format!(
                        "The number of seconds until the token expires. Without it, the token expires \
                         after {} seconds.",
                        PreviewLifetime::DEFAULT.seconds()
                    ),
                    "minimum": PreviewLifetime::MIN,
                    "maximum": PreviewLifetime::MAX,
                },
            },
        },
        "Preview": {
            "additionalProperties": false,
            "properties": {
                "token": { "description": "The token, for the query parameter `preview`." },
                "expires_at": { "description": "When the token expires, in UTC." },
            },
        },
    })
}
