//! A list of posts on its way out: a part of it, or all of it however long.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::{BodyStream, BoxBody},
    http::header::{ETag, EntityTag, LINK},
    mime,
    rt::task::yield_now,
    web,
};
use domain::{Post, PostError, Walk};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, future::ready, stream};
use sha2::{Digest as _, Sha256};

use crate::{
    error::error_chain,
    headers::{PAGINATION, TOTAL_COUNT},
    links::{Links, Pagination},
    openapi::documented_as,
    payload::{Fields, PageConditions},
    representation::ListedPost,
};

/// A part of a list, and where it is in the whole.
pub(crate) struct Part {
    pub(crate) posts: Vec<Post>,
    pub(crate) pagination: Option<Pagination>,
    pub(crate) links: Links,
}

/// An answer that is a list.
pub(crate) struct List(HttpResponse);

impl List {
    /// A part of a list, unless the reader has it already.
    pub(crate) fn part(part: Part, fields: &Fields, conditions: &PageConditions) -> Self {
        let Part { posts, pagination, links } = part;
        let mut response = HttpResponse::Ok();
        let link = links.value();
        let pages =
            pagination.as_ref().and_then(|pagination| serde_json::to_string(pagination).ok());
        if let Some(link) = &link {
            response.insert_header((LINK, link.as_str()));
        }
        if let (Some(pagination), Some(pages)) = (&pagination, &pages) {
            response.insert_header((PAGINATION, pages.as_str()));
            response.insert_header((TOTAL_COUNT, pagination.total));
        }
        let body = format!("[{}]", elements(posts, fields));
        let tag = tag_of([&*body, link.as_deref().unwrap_or(""), pages.as_deref().unwrap_or("")]);
        if let Some(known) = conditions.known(&tag) {
            return Self(HttpResponse::NotModified().insert_header(ETag(known)).finish());
        }
        response.insert_header(ETag(tag));
        Self(json(response).body(body))
    }

    /// All of a list, of which `first` are the first posts and `rest` is the rest.
    ///
    /// Where something goes wrong on the way the connection ends before the list does: it cannot be
    /// taken for a shorter one.
    pub(crate) fn whole(first: Vec<Post>, rest: Walk, fields: Fields) -> Self {
        let mut response = json(HttpResponse::Ok());
        let beginning = format!("[{}", elements(first, &fields));
        if rest.is_over() {
            return Self(response.body(beginning + "]"));
        }
        let span = tracing::Span::current();
        let middle = stream::try_unfold(rest, move |mut rest| {
            let (fields, span) = (fields.clone(), span.clone());
            async move {
                // A store that never waits would keep others from their turn.
                yield_now().await;
                let posts = rest.next().await.inspect_err(|error| span.in_scope(|| log(error)))?;
                Ok(posts.map(|posts| (format!(",{}", elements(posts, &fields)), rest)))
            }
        });
        let whole = once(beginning).chain(middle).chain(once("]".to_owned()));
        Self(response.body(BodyStream::new(whole.map_ok(web::Bytes::from))))
    }
}

/// A part of a body that cannot go wrong.
fn once(text: String) -> impl Stream<Item = Result<String, PostError>> {
    stream::once(ready(Ok(text)))
}

fn json(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response.content_type(mime::APPLICATION_JSON);
    response
}

/// Posts as the elements of a JSON array.
fn elements(posts: Vec<Post>, fields: &Fields) -> String {
    let elements = posts.into_iter().map(|post| {
        // Strings and booleans: there is nothing here that JSON could not say.
        serde_json::to_string(&ListedPost::new(post, fields)).unwrap_or_default()
    });
    elements.collect::<Vec<_>>().join(",")
}

/// Names an answer by all that there is in it.
fn tag_of(texts: [&str; 3]) -> EntityTag {
    /// So many bytes of a hash that two answers of one URL never have the same.
    const BYTES: usize = 16;
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text);
        // A byte that no text has.
        hash.update([0xff]);
    }
    let hash = hash.finalize();
    EntityTag::new_strong(hash.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect())
}

fn log(error: &PostError) {
    tracing::error!(cause = error_chain(error), "a list could not be answered to its end");
}

impl Responder for List {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

documented_as!(List: web::Json<Vec<ListedPost>>);
