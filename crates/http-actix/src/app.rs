//! The actix-web application: shared state, middleware, routes.

use std::sync::Arc;

use actix_web::{
    App, Error, HttpResponse, ResponseError as _,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::header::{CACHE_CONTROL, HeaderValue},
    middleware::{Compress, NormalizePath, TrailingSlash, from_fn},
    web,
};
use domain::{
    KeyService, PostService, PreviewService,
    ports::{IdGenerator, PostRevisions},
};
use paperclip::actix::web::ServiceConfig;

use crate::{
    auth::Authorizer,
    cache::{CacheStatistics, ResponseCache},
    endpoints::{docs::Document, not_found::not_found},
    error::{ApiError, Refusal},
    headers::{NO_STORE, REQUEST_ID},
    middleware::{self, Cors, RequestIds},
    openapi,
    options::Options,
    origins::CorsOrigins,
    response::ResponseMemory,
    routes,
};

/// The use cases that the API serves.
#[derive(Clone)]
pub struct Services {
    /// The use cases of posts.
    pub posts: PostService,
    /// The use cases of API keys.
    pub keys: KeyService,
    /// The use cases of preview links.
    pub previews: PreviewService,
}

/// The configured API. Cheap to clone: every worker has its own clone.
#[derive(Clone)]
pub struct Api {
    posts: PostService,
    previews: PreviewService,
    pub(crate) authorizer: Authorizer,
    pub(crate) request_ids: RequestIds,
    pub(crate) options: Options,
    document: Document,
    pub(crate) memory: ResponseMemory,
    pub(crate) cache: Arc<ResponseCache>,
}

impl Api {
    /// Creates the API that serves a blog.
    ///
    /// A request without a valid `X-Request-Id` header gets an id from `request_ids`. The response
    /// to a read is kept until `revisions` show that the posts may have changed.
    #[must_use]
    pub fn new(
        services: Services,
        revisions: Arc<dyn PostRevisions>,
        request_ids: Arc<dyn IdGenerator>,
        options: Options,
    ) -> Self {
        let Services { posts, keys, previews } = services;
        let authorizer = Authorizer::new(keys, &options);
        let document = Document::new(openapi::document_text());
        let memory = ResponseMemory::default();
        let request_ids = RequestIds(request_ids);
        let cache = Arc::new(ResponseCache::new(options.cache_bytes, revisions));
        Self { posts, previews, authorizer, request_ids, options, document, memory, cache }
    }

    /// Returns the response to a request whose head (request line and header fields) is refused.
    ///
    /// `origin` is the value of the `Origin` header. `None` if the server cannot read the value.
    #[must_use]
    pub fn refuse(&self, refusal: Refusal, origin: Option<&HeaderValue>) -> HttpResponse {
        let mut response = ApiError::Refused(refusal).error_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, NO_STORE);
        middleware::add_security_headers(headers);
        if let Ok(id) = HeaderValue::try_from(self.request_ids.generate()) {
            headers.insert(REQUEST_ID, id);
        }
        if self.options.cors != CorsOrigins::None {
            Cors::new(&self.options.cors, origin).expose(headers);
        }
        response
    }

    /// Returns how often the cache was used since the API was created, and its size.
    #[must_use]
    pub fn cache_statistics(&self) -> CacheStatistics {
        self.cache.statistics()
    }

    /// Returns whether the responses that clients have not received yet leave little memory for
    /// others.
    #[must_use]
    pub fn is_memory_scarce(&self) -> bool {
        self.memory.is_scarce()
    }
}

/// Builds the application. Each worker calls this once.
pub fn app(
    api: &Api,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Response = ServiceResponse<impl MessageBody + use<>>,
        Config = (),
        InitError = (),
        Error = Error,
    > + use<>,
> {
    App::new()
        .app_data(web::Data::new(api.posts.clone()))
        .app_data(web::Data::new(api.previews.clone()))
        .app_data(api.authorizer.clone())
        .app_data(web::Data::new(api.options.clone()))
        .app_data(web::Data::new(api.document.clone()))
        .app_data(api.request_ids.clone())
        .app_data(api.memory.clone())
        .configure(|config| routes::mount(&mut ServiceConfig::from(config)))
        .default_service(web::to(not_found))
        .wrap(from_fn(middleware::inside_compression))
        .wrap(NormalizePath::new(TrailingSlash::MergeOnly))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::outside_compression))
}
