//! Whose scripts a browser may let use the API (the Fetch standard's CORS).

use actix_cors::Cors;
use actix_web::{http::Method, middleware::Condition};

use crate::{
    headers::{EXPOSED, TAKEN},
    origins::CorsOrigins,
};

/// For how long a browser need not ask again what it may send, in seconds.
const PREFLIGHT_SECONDS: usize = 3600;

/// What the script of another origin may ask for.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Answers what a browser asks before it lets a script send a request, and tells it with each
/// answer whether the script may read it.
pub(crate) fn cors(origins: &CorsOrigins) -> Condition<Cors> {
    let mut cors = Cors::default()
        .allowed_methods(METHODS)
        .allowed_headers(TAKEN)
        .expose_headers(EXPOSED)
        .max_age(PREFLIGHT_SECONDS)
        .block_on_origin_mismatch(false);
    match origins {
        CorsOrigins::None => {}
        CorsOrigins::Any => cors = cors.allow_any_origin().send_wildcard(),
        CorsOrigins::OneOf(origins) => {
            for origin in origins {
                cors = cors.allowed_origin(origin);
            }
        }
    }
    Condition::new(*origins != CorsOrigins::None, cors)
}
