//! Responses with a list of posts: a page, or the complete list.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::{BodyStream, BoxBody, MessageBody as _},
    http::header::{ETag, EntityTag, LINK},
    mime,
    rt::task::yield_now,
    web,
};
use domain::{Post, PostError, PostRecord, PostStream, error_chain};
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
        match rest.filter(|rest| !rest.is_at_end()) {
            None => {
                let [link, metadata] =
                    [link, metadata].map(|text| text.unwrap_or_default().into_bytes());
                let tag = entity_tag::from_content([versions(&first), link, metadata]);
                let mut body = elements(b'[', first, &fields);
                body.push(b']');
                Self { head, body: BoxBody::new(body), tag: Some(tag) }
            }
            Some(rest) => {
                let body = stream_body(elements(b'[', first, &fields), rest, fields);
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

/// Returns the ids and versions of posts. With the URL, they determine the body of a list. They are
/// much shorter than the body.
fn versions(posts: &[Post]) -> Vec<u8> {
    let version = |post: &Post| {
        let PostRecord { id, version, .. } = post.record();
        [id.as_uuid().as_bytes().as_slice(), &version.number().to_be_bytes()].concat()
    };
    posts.iter().flat_map(version).collect()
}

fn json() -> HttpResponseBuilder {
    let mut head = HttpResponse::Ok();
    head.content_type(mime::APPLICATION_JSON);
    head
}

/// Creates a body with the beginning of a list and the posts of a stream.
fn stream_body(beginning: Vec<u8>, rest: PostStream, fields: Fields) -> BoxBody {
    let span = tracing::Span::current();
    let middle = stream::try_unfold(rest, move |mut rest| {
        let (fields, span) = (fields.clone(), span.clone());
        async move {
            // Without this, a store that is always ready would block the other requests of this
            // worker.
            yield_now().await;
            let posts = rest.next().await.inspect_err(|error| span.in_scope(|| log(error)))?;
            let chunk = posts.map(|posts| elements(b',', posts, &fields).into());
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
fn elements(start: u8, posts: Vec<Post>, fields: &Fields) -> Vec<u8> {
    let length: usize = posts.iter().map(|post| fields.estimate(post)).sum();
    let mut elements = Vec::with_capacity(length + 2);
    elements.push(start);
    for (position, post) in posts.into_iter().enumerate() {
        if position > 0 {
            elements.push(b',');
        }
        fields.write(post, &mut elements);
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
