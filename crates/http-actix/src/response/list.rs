//! Responses with a list of posts: a page of it, or the complete list.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::{BodyStream, BoxBody, MessageBody as _},
    http::header::{ETag, EntityTag, LINK},
    mime,
    rt::task::yield_now,
    web,
};
use domain::{Post, PostError, PostStream, error_chain};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, future::ready, stream};

use super::{Fields, Links, Pagination, PostBody};
use crate::{
    documentation::documented_as,
    entity_tag,
    headers::{PAGINATION, TOTAL_COUNT},
};

/// A page of a list, with its pagination metadata.
pub(crate) struct Page {
    pub(crate) posts: Vec<Post>,
    pub(crate) pagination: Option<Pagination>,
    pub(crate) links: Links,
}

/// A response with a list of posts.
pub(crate) struct List {
    head: HttpResponseBuilder,
    body: BoxBody,
    tag: Option<EntityTag>,
}

impl List {
    /// Creates the response with a numbered page or a cursor page.
    pub(crate) fn page(page: Page, fields: &Fields) -> Self {
        let Page { posts, pagination, links } = page;
        let mut head = json();
        let link = links.header_value();
        let metadata =
            pagination.as_ref().and_then(|pagination| serde_json::to_string(pagination).ok());
        if let Some(link) = &link {
            head.insert_header((LINK, link.as_str()));
        }
        if let (Some(pagination), Some(metadata)) = (&pagination, &metadata) {
            head.insert_header((PAGINATION, metadata.as_str()));
            head.insert_header((TOTAL_COUNT, pagination.total));
        }
        let body = format!("[{}]", elements(posts, fields));
        let headers = [link.as_deref(), metadata.as_deref()].map(Option::unwrap_or_default);
        Self::tagged(head, body, headers)
    }

    /// Creates the response with the complete list: the posts `first`, then the posts of the stream
    /// `rest`.
    ///
    /// The response has a tag only if `rest` is empty. Otherwise the headers are sent before the
    /// end of the list is known.
    ///
    /// If the stream fails, the connection is closed before the end of the body. So a client can
    /// detect that the list is incomplete.
    pub(crate) fn complete(first: Vec<Post>, rest: PostStream, fields: Fields) -> Self {
        let head = json();
        let beginning = format!("[{}", elements(first, &fields));
        if rest.is_at_end() {
            return Self::tagged(head, beginning + "]", [""; 2]);
        }
        let span = tracing::Span::current();
        let middle = stream::try_unfold(rest, move |mut rest| {
            let (fields, span) = (fields.clone(), span.clone());
            async move {
                // Without this, a store that is always ready would block the other requests of this
                // worker.
                yield_now().await;
                let posts = rest.next().await.inspect_err(|error| span.in_scope(|| log(error)))?;
                Ok(posts.map(|posts| (format!(",{}", elements(posts, &fields)), rest)))
            }
        });
        let chunks = once(beginning).chain(middle).chain(once("]".to_owned()));
        let body = BodyStream::new(chunks.map_ok(web::Bytes::from)).boxed();
        Self { head, body, tag: None }
    }

    /// Creates the 304 response to a client that has the current list.
    pub(crate) fn not_modified(tag: Option<EntityTag>) -> Self {
        Self { head: HttpResponse::NotModified(), body: BoxBody::new(()), tag }
    }

    /// Creates a response whose tag is a hash of the body and of the pagination headers.
    fn tagged(head: HttpResponseBuilder, body: String, headers: [&str; 2]) -> Self {
        let [link, metadata] = headers;
        let tag = Some(entity_tag::from_content([&*body, link, metadata]));
        Self { head, body: BoxBody::new(body), tag }
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

/// Creates a stream of one chunk of a body.
fn once(text: String) -> impl Stream<Item = Result<String, PostError>> {
    stream::once(ready(Ok(text)))
}

/// Serializes posts as the elements of a JSON array, without its brackets.
fn elements(posts: Vec<Post>, fields: &Fields) -> String {
    let elements = posts.into_iter().map(|post| fields.json_of(post));
    elements.collect::<Vec<_>>().join(",")
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
