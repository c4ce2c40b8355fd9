//! The application: everything a request passes on its way to a handler and back.

use std::{sync::Arc, time::Duration};

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::header::X_CONTENT_TYPE_OPTIONS,
    middleware::{DefaultHeaders, from_fn},
    web,
};
use domain::{PostService, ports::IdGenerator};
use paperclip::actix::web::ServiceConfig;

use crate::{
    endpoints,
    middleware::{self, RequestIds},
    openapi::serve::Document,
    routes,
};

/// What the API is made of. Cheap to clone: every worker has one.
#[derive(Clone)]
pub struct Api {
    posts: PostService,
    request_ids: RequestIds,
    limits: Limits,
    document: Document,
}

impl Api {
    /// An API to `posts`, whose requests are named by `request_ids` where their caller has not,
    /// and may be what `limits` say.
    #[must_use]
    pub fn new(posts: PostService, request_ids: Arc<dyn IdGenerator>, limits: Limits) -> Self {
        Self { posts, request_ids: RequestIds(request_ids), limits, document: Document::generate() }
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
        .app_data(api.limits)
        .app_data(web::Data::new(api.document.clone()))
        .app_data(api.request_ids.clone())
        .configure(|config| routes::mount(&mut ServiceConfig::from(config)))
        .default_service(web::to(endpoints::not_found))
        .wrap(DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
        .wrap(from_fn(middleware::head_as_get))
        .wrap(from_fn(middleware::catch_panic))
        .wrap(from_fn(middleware::trace))
}
