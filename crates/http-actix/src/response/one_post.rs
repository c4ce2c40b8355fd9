//! A response with one post.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::BoxBody,
    http::header::{ETag, LAST_MODIFIED},
    mime, web,
};
use domain::{Post, PostRecord};

use super::{Fields, PostBody, http_date};
use crate::{documentation::documented_as, entity_tag};

/// A response with the current version of a post.
pub(crate) struct OnePost {
    pub(crate) post: Post,
    pub(crate) fields: Fields,
}

impl OnePost {
    /// Creates a response with all fields of a post.
    pub(crate) const fn with_all_fields(post: Post) -> Self {
        Self { post, fields: Fields::ALL }
    }
}

/// Adds the headers that identify the version of a post.
pub(crate) fn post_headers(response: &mut HttpResponseBuilder, post: &Post) {
    let PostRecord { version, updated_at, .. } = post.record();
    response.insert_header(ETag(entity_tag::from_version(*version)));
    response.insert_header((LAST_MODIFIED, http_date(*updated_at)));
}

impl Responder for OnePost {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        post_headers(&mut response, &self.post);
        let mut json = Vec::with_capacity(self.fields.estimate(&self.post));
        self.fields.write(self.post, &mut json);
        response.content_type(mime::APPLICATION_JSON).body(json)
    }
}

documented_as!(OnePost: web::Json<PostBody>);
