//! What happens to every request, from the outside in: [`trace()`], [`cors()`], [`caching()`],
//! compression (actix-web's own), [`problem_details()`], [`catch_panic()`], [`head_as_get()`].

mod caching;
mod catch_panic;
mod cors;
mod head_as_get;
mod problem_details;
mod trace;

pub(crate) use caching::caching;
pub(crate) use catch_panic::catch_panic;
pub(crate) use cors::cors;
pub use cors::{CorsOrigins, NoOrigin};
pub(crate) use head_as_get::head_as_get;
pub(crate) use problem_details::problem_details;
pub(crate) use trace::{REQUEST_ID, RequestIds, trace};
