//! `GET /api/posts/{post_id}`: get a post.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{ETAG, ETag, EntityTag, LAST_MODIFIED},
    },
    web,
};
use domain::{Post, PostError, PostService, PreviewService, Version, Viewer};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde_json::json;

use crate::{
    documentation::{Operation, Response, documented_as},
    error::ApiError,
    problems::{Invalid, Part, Problems},
    request::{Caller, FromQuery, Parameters, PostIdPath, PreviewParameter, Query, ReadConditions},
    response::{Fields, OnePost, PostBody, post_headers},
};

/// The query parameters of `getPost`.
#[derive(Apiv2Schema)]
#[allow(dead_code, reason = "the OpenAPI document is generated from the fields")]
pub(crate) struct GetPost {
    fields: Option<String>,
    preview: Option<String>,
}

/// The parsed query parameters.
pub(crate) struct Reading {
    fields: Fields,
    /// A preview token, not verified yet.
    preview: Option<String>,
}

impl FromQuery for GetPost {
    type Value = Reading;

    fn read(parameters: &Parameters, _: Viewer, problems: &mut Problems) -> Option<Reading> {
        let fields = parameters.read("fields", Fields::parse, problems);
        let preview = parameters.get(PreviewParameter::NAME).map(str::to_owned);
        Some(Reading { fields: fields.unwrap_or(Fields::ALL), preview })
    }
}

/// Get a post
///
/// Returns the post with this id.
#[api_v2_operation(operation_id = "getPost", tags("posts"))]
pub(crate) async fn get_post(
    posts: web::Data<PostService>,
    previews: web::Data<PreviewService>,
    Caller(viewer): Caller,
    post_id: PostIdPath,
    query: Query<GetPost>,
    conditions: ReadConditions,
) -> Result<Read, ApiError> {
    let Reading { fields, preview } = query.0;
    let id = post_id.id()?;
    let post = match &preview {
        None => posts.get(id, viewer).await?,
        Some(token) => {
            let previewed = previews.verify(token, id).await.map_err(ApiError::Key)?;
            posts.get_previewed(previewed.ok_or(ApiError::NotFound)?).await?
        }
    };
    Ok(match conditions.validate(&post)? {
        Some(tag) => Read::NotModified(post, tag),
        None => Read::Post(OnePost { post, fields }),
    })
}

/// The response to a read.
pub(crate) enum Read {
    /// A 200 with the post.
    Post(OnePost),
    /// A 304: the client has the current version, with this tag.
    NotModified(Post, EntityTag),
}

impl Responder for Read {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Post(post) => post.respond_to(request),
            Self::NotModified(post, tag) => {
                let mut response = HttpResponse::NotModified();
                post_headers(&mut response, &post);
                response.insert_header(ETag(tag)).finish()
            }
        }
    }
}

documented_as!(Read: OnePost);

pub(crate) fn documentation() -> Operation {
    let unknown = Fields::parse("").err().unwrap_or_default().concat();
    Operation {
        parameters: vec![
            PostIdPath::documentation(),
            Fields::documentation(),
            PreviewParameter::documentation(),
            ReadConditions::documentation(),
            Query::<GetPost>::documentation(),
        ],
        responses: vec![
            Response {
                status: StatusCode::OK,
                description: "The post. With `fields`, it has only those fields.",
                headers: vec![ETAG, LAST_MODIFIED],
                example: Some(json!(PostBody::example())),
                ..Response::default()
            },
            Response::not_modified(vec![ETAG, LAST_MODIFIED]),
        ],
        failures: vec![
            ApiError::NotFound,
            PostError::PreconditionFailed { current: Version::FIRST }.into(),
            ApiError::Invalid(Invalid::one(Part::Query, "fields", &unknown)),
        ],
        ..Operation::default()
    }
}
