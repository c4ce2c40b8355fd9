//! The actix-web application: shared state, middleware, routes.

use std::sync::Arc;

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::header::X_CONTENT_TYPE_OPTIONS,
    middleware::{Compress, Condition, DefaultHeaders, NormalizePath, TrailingSlash, from_fn},
    web,
};
use domain::{PostService, ports::IdGenerator};
use paperclip::actix::web::ServiceConfig;

use crate::{
    endpoints::{docs::Document, not_found::not_found},
    middleware::{self, RequestIds},
    openapi,
    options::Options,
    origins::CorsOrigins,
    routes,
};

/// The configured API. Cheap to clone: every worker has its own clone.
#[derive(Clone)]
pub struct Api {
    posts: PostService,
    request_ids: RequestIds,
    options: Options,
    document: Document,
}

impl Api {
    /// Creates the API that serves `posts`.
    ///
    /// A request without a valid `X-Request-Id` header gets an id from `request_ids`.
    #[must_use]
    pub fn new(posts: PostService, request_ids: Arc<dyn IdGenerator>, options: Options) -> Self {
        let document = Document::new(openapi::document_text());
        Self { posts, request_ids: RequestIds(request_ids), options, document }
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
        .app_data(web::Data::new(api.options.clone()))
        .app_data(web::Data::new(api.document.clone()))
        .app_data(api.request_ids.clone())
        .configure(|config| routes::mount(&mut ServiceConfig::from(config)))
        .default_service(web::to(not_found))
        .wrap(NormalizePath::new(TrailingSlash::MergeOnly))
        .wrap(DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
        .wrap(from_fn(middleware::head_as_get))
        .wrap(from_fn(middleware::catch_panic))
        .wrap(from_fn(middleware::problem_details))
        .wrap(from_fn(middleware::preferences))
        .wrap(from_fn(middleware::short_bodies))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::content_coding))
        .wrap(Condition::new(api.options.cors != CorsOrigins::None, from_fn(middleware::cors)))
        .wrap(from_fn(middleware::caching))
        .wrap(from_fn(middleware::http_1_0))
        .wrap(from_fn(middleware::trace))
}
