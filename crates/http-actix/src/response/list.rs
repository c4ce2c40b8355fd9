//! Responses with a list of posts: a page, or the complete list.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::{BodyStream, BoxBody, MessageBody as _},
    http::header::{ETag, EntityTag, LINK},
    mime,
    rt::task::yield_now,
    web,
};
use domain::{Post, PostError, PostStream, error_chain};
use futures_util::{Stream, StreamExt as _, future::ready, stream};

use super::{Fields, Links, Pagination, PostBody};
use crate::{
    documentation::documented_as,
    entity_tag,
    headers::{PAGINATION, TOTAL_COUNT},
};

/// The headers of a page of a list. The complete list has none of them.
#[derive(Default)]
pub(crate) struct ListHeaders {
    pub(crate) links: Option<Links>,
    pub(crate) pagination: Option<Pagination>,
}

/// A response with a list of posts.
pub(crate) struct List {
    head: HttpResponseBuilder,
    body: BoxBody,
    tag: Option<EntityTag>,
}

impl List {
    /// Creates the response with the posts `first`, and then the posts of the stream `rest`.
    ///
    /// The response has a tag only if `rest` has no more posts. Otherwise the headers are sent
    /// before the end of the list is known.
    ///
    /// If the stream fails, the connection is closed before the end of the body. So a client can
    /// detect that the list is incomplete.
    pub(crate) fn new(
        first: Vec<Post>,
        rest: Option<PostStream>,
        fields: Fields,
        headers: ListHeaders,
    ) -> Self {
        let mut head = json();
        let link = headers.links.as_ref().and_then(Links::header_value);
        let pagination = headers.pagination;
        let metadata =
            pagination.as_ref().and_then(|pagination| serde_json::to_string(pagination).ok());
        if let Some(link) = &link {
            head.insert_header((LINK, link.as_str()));
        }
        if let (Some(pagination), Some(metadata)) = (&pagination, &metadata) {
            head.insert_header((PAGINATION, metadata.as_str()));
            head.insert_header((TOTAL_COUNT, pagination.total));
        }
        let beginning = elements("[", first, &fields);
        match rest.filter(|rest| !rest.is_at_end()) {
            None => {
                let body = beginning + "]";
                let [link, metadata] =
                    [link.as_deref(), metadata.as_deref()].map(Option::unwrap_or_default);
                let tag = Some(entity_tag::from_content([&*body, link, metadata]));
                Self { head, body: BoxBody::new(body), tag }
            }
            Some(rest) => {
                let body = stream_body(beginning, rest, fields);
                Self { head, body, tag: None }
            }
        }
    }

    /// Creates the 304 response to a client that has the current list.
    pub(crate) fn not_modified(tag: Option<EntityTag>) -> Self {
        Self { head: HttpResponse::NotModified(), body: BoxBody::new(()), tag }
    }

    /// Returns the strong tag of the response, if it has one.
    pub(crate) const fn tag(&self) -> Option<&EntityTag> {
        self.tag.as_ref()
    }
}

fn json() -> HttpResponseBuilder {
    let mut head = HttpResponse::Ok();
    head.content_type(mime::APPLICATION_JSON);
    head
}

/// Creates a body with the beginning of a list and the posts of a stream.
fn stream_body(beginning: String, rest: PostStream, fields: Fields) -> BoxBody {
    let span = tracing::Span::current();
    let middle = stream::try_unfold(rest, move |mut rest| {
        let (fields, span) = (fields.clone(), span.clone());
        async move {
            // Without this, a store that is always ready would block the other requests of this
            // worker.
            yield_now().await;
            let posts = rest.next().await.inspect_err(|error| span.in_scope(|| log(error)))?;
            let chunk = posts.map(|posts| elements(",", posts, &fields).into());
            Ok(chunk.map(|chunk| (chunk, rest)))
        }
    });
    let chunks = once(beginning.into()).chain(middle).chain(once(web::Bytes::from_static(b"]")));
    BodyStream::new(chunks).boxed()
}

/// Creates a stream of one chunk of a body.
fn once(chunk: web::Bytes) -> impl Stream<Item = Result<web::Bytes, PostError>> {
    stream::once(ready(Ok(chunk)))
}

/// Serializes posts as the elements of a JSON array, after `start`.
fn elements(start: &str, posts: Vec<Post>, fields: &Fields) -> String {
    let mut elements = start.to_owned();
    for (position, post) in posts.into_iter().enumerate() {
        if position > 0 {
            elements.push(',');
        }
        elements.push_str(&fields.json_of(post));
    }
    elements
}

fn log(error: &PostError) {
    tracing::error!(cause = error_chain(error), "cannot send the rest of a list");
}

impl Responder for List {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let Self { mut head, body, tag } = self;
        if let Some(tag) = tag {
            head.insert_header(ETag(tag));
        }
        head.body(body)
    }
}

documented_as!(List: web::Json<Vec<PostBody>>);
