//! Static content: it does not change while the server runs.

use actix_web::{
    HttpResponse,
    http::header::{ETag, EntityTag},
    mime::Mime,
    web::Bytes,
};

use crate::{
    entity_tag,
    error::ApiError,
    request::{TagConditions, Validation},
};

/// A static body, its media type and its entity tag. Cheap to clone.
#[derive(Clone)]
pub(crate) struct StaticContent {
    content_type: Mime,
    body: Bytes,
    tag: EntityTag,
}

impl StaticContent {
    pub(crate) fn new(content_type: Mime, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let tag = entity_tag::from_content([&body]);
        Self { content_type, body, tag }
    }

    /// Returns a 200 with the content, or a 304 if the client has it.
    ///
    /// # Errors
    ///
    /// [`ApiError::TagMismatch`] if `If-Match` does not match the tag.
    pub(super) fn respond(&self, conditions: &TagConditions) -> Result<HttpResponse, ApiError> {
        let (mut response, tag, body) = match conditions.validate(Some(&self.tag))? {
            Validation::Modified => (HttpResponse::Ok(), self.tag.clone(), self.body.clone()),
            Validation::NotModified(tag) => {
                (HttpResponse::NotModified(), tag.unwrap_or(self.tag.clone()), Bytes::new())
            }
        };
        Ok(response.content_type(self.content_type.clone()).insert_header(ETag(tag)).body(body))
    }
}
