//! The application: everything a request passes on its way to a handler and back.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use actix_web::{
    App, Error, HttpRequest,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::header::X_CONTENT_TYPE_OPTIONS,
    middleware::{Compress, DefaultHeaders, from_fn},
    web,
};
use domain::{PostService, ports::IdGenerator};
use paperclip::actix::web::ServiceConfig;

use crate::{
    endpoints,
    middleware::{self, CorsOrigins, RequestIds},
    openapi::serve::Document,
    routes,
};

/// What the API is made of. Cheap to clone: every worker has one.
#[derive(Clone)]
pub struct Api {
    posts: PostService,
    request_ids: RequestIds,
    options: Options,
    document: Document,
}

impl Api {
    /// An API to `posts`, whose requests are named by `request_ids` where their caller has not.
    #[must_use]
    pub fn new(posts: PostService, request_ids: Arc<dyn IdGenerator>, options: Options) -> Self {
        let document = Document::generate();
        Self { posts, request_ids: RequestIds(request_ids), options, document }
    }
}

/// What is up to whoever runs the API.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What a request may be.
    pub limits: Limits,
    /// Whether nobody may change or delete a post without saying which version of it they know.
    pub require_if_match: bool,
    /// Whose scripts a browser may let use the API.
    pub cors: CorsOrigins,
}

impl Options {
    /// The options of the application that a request has come to.
    pub(crate) fn of(request: &HttpRequest) -> &Self {
        static DEFAULT: LazyLock<Options> = LazyLock::new(Options::default);
        request.app_data::<web::Data<Self>>().map_or(&DEFAULT, |options| options.as_ref())
    }
}

/// What a request may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 1 << 20, body_time: Duration::from_secs(30) }
    }
}

/// Builds the application, once for each worker.
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
        .default_service(web::to(endpoints::not_found))
        .wrap(DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
        .wrap(from_fn(middleware::head_as_get))
        .wrap(from_fn(middleware::catch_panic))
        .wrap(from_fn(middleware::problem_details))
        .wrap(from_fn(middleware::preferences))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::content_coding))
        .wrap(from_fn(middleware::caching))
        .wrap(from_fn(middleware::http_1_0))
        .wrap(middleware::cors(&api.options.cors))
        .wrap(from_fn(middleware::trace))
}
