//! A response that is a list of posts: a part of a list, or a whole list of any length.

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

/// A part of a list, and where it is in the whole.
pub(crate) struct Part {
    pub(crate) posts: Vec<Post>,
    pub(crate) pagination: Option<Pagination>,
    pub(crate) links: Links,
}

/// A list as a response.
pub(crate) struct List {
    head: HttpResponseBuilder,
    body: BoxBody,
    tag: Option<EntityTag>,
}

impl List {
    /// A part of a list.
    pub(crate) fn part(part: Part, fields: &Fields) -> Self {
        let Part { posts, pagination, links } = part;
        let mut head = json();
        let link = links.value();
        let pages =
            pagination.as_ref().and_then(|pagination| serde_json::to_string(pagination).ok());
        if let Some(link) = &link {
            head.insert_header((LINK, link.as_str()));
        }
        if let (Some(pagination), Some(pages)) = (&pagination, &pages) {
            head.insert_header((PAGINATION, pages.as_str()));
            head.insert_header((TOTAL_COUNT, pagination.total));
        }
        let body = format!("[{}]", elements(posts, fields));
        let headers = [link.as_deref(), pages.as_deref()].map(Option::unwrap_or_default);
        Self::tagged(head, body, headers)
    }

    /// A whole list, of which `first` are the first posts and `rest` is the rest. It has a tag only
    /// when there is no rest: otherwise it is sent before its end is known.
    ///
    /// When a later post cannot be read the connection ends before the list does, so that no client
    /// takes it for a shorter one.
    pub(crate) fn whole(first: Vec<Post>, rest: PostStream, fields: Fields) -> Self {
        let head = json();
        let beginning = format!("[{}", elements(first, &fields));
        if rest.is_at_end() {
            return Self::tagged(head, beginning + "]", [""; 2]);
        }
        let span = tracing::Span::current();
        let middle = stream::try_unfold(rest, move |mut rest| {
            let (fields, span) = (fields.clone(), span.clone());
            async move {
                // A store that is always ready would keep the worker from other requests.
                yield_now().await;
                let posts = rest.next().await.inspect_err(|error| span.in_scope(|| log(error)))?;
                Ok(posts.map(|posts| (format!(",{}", elements(posts, &fields)), rest)))
            }
        });
        let whole = once(beginning).chain(middle).chain(once("]".to_owned()));
        let body = BodyStream::new(whole.map_ok(web::Bytes::from)).boxed();
        Self { head, body, tag: None }
    }

    /// The response to a client that has the list.
    pub(crate) fn not_modified(tag: Option<EntityTag>) -> Self {
        Self { head: HttpResponse::NotModified(), body: BoxBody::new(()), tag }
    }

    /// A list whose tag depends on its body and on the headers that say which part it is.
    fn tagged(head: HttpResponseBuilder, body: String, headers: [&str; 2]) -> Self {
        let [link, pages] = headers;
        let tag = Some(entity_tag::of_content([&*body, link, pages]));
        Self { head, body: BoxBody::new(body), tag }
    }

    /// The strong tag of the list, if it has one.
    pub(crate) const fn tag(&self) -> Option<&EntityTag> {
        self.tag.as_ref()
    }
}

fn json() -> HttpResponseBuilder {
    let mut head = HttpResponse::Ok();
    head.content_type(mime::APPLICATION_JSON);
    head
}

/// A chunk of a body that cannot fail.
fn once(text: String) -> impl Stream<Item = Result<String, PostError>> {
    stream::once(ready(Ok(text)))
}

/// Posts as the elements of a JSON array.
fn elements(posts: Vec<Post>, fields: &Fields) -> String {
    let elements = posts.into_iter().map(|post| fields.json_of(post));
    elements.collect::<Vec<_>>().join(",")
}

fn log(error: &PostError) {
    tracing::error!(cause = error_chain(error), "a list could not be sent to its end");
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
