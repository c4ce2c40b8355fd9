//! Content that does not change while the server runs.

use actix_web::{
    HttpResponse,
    http::header::{ETag, EntityTag},
    mime::Mime,
    web::Bytes,
};

use crate::{
    entity_tag,
    error::ApiError,
    request::{Known, TagConditions},
};

/// A body and its tag. Cheap to clone.
#[derive(Clone)]
pub(crate) struct StaticContent {
    content_type: Mime,
    body: Bytes,
    tag: EntityTag,
}

impl StaticContent {
    pub(crate) fn new(content_type: Mime, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let tag = entity_tag::of_content([&body]);
        Self { content_type, body, tag }
    }

    /// The response to a client: the content, or a 304 if the client has it.
    pub(super) fn respond(&self, conditions: &TagConditions) -> Result<HttpResponse, ApiError> {
        let (mut response, tag, body) = match conditions.known(Some(&self.tag))? {
            Known::No => (HttpResponse::Ok(), self.tag.clone(), self.body.clone()),
            Known::Yes(tag) => {
                (HttpResponse::NotModified(), tag.unwrap_or(self.tag.clone()), Bytes::new())
            }
        };
        Ok(response.content_type(self.content_type.clone()).insert_header(ETag(tag)).body(body))
    }
}
