//! A response that shows one post.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::BoxBody,
    http::header::{ETag, LAST_MODIFIED},
    mime, web,
};
use domain::{Post, PostRecord};

use super::{Fields, PostBody, http_date};
use crate::{documentation::documented_as, entity_tag};

/// A post in its current state.
pub(crate) struct OnePost {
    pub(crate) post: Post,
    pub(crate) fields: Fields,
}

impl OnePost {
    /// A post with all its fields.
    pub(crate) const fn whole(post: Post) -> Self {
        Self { post, fields: Fields::ALL }
    }
}

/// Adds the headers that identify the version of a post.
pub(crate) fn post_headers(response: &mut HttpResponseBuilder, post: &Post) {
    let PostRecord { version, updated_at, .. } = post.record();
    response.insert_header(ETag(entity_tag::of_version(*version)));
    response.insert_header((LAST_MODIFIED, http_date(*updated_at)));
}

impl Responder for OnePost {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        post_headers(&mut response, &self.post);
        response.content_type(mime::APPLICATION_JSON).body(self.fields.json_of(self.post))
    }
}

documented_as!(OnePost: web::Json<PostBody>);
