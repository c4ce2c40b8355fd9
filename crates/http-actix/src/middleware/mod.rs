//! Middleware, from the outermost to the innermost: [`trace()`], [`caching()`],
//! [`cors()`], [`content_coding()`], `Compress`, [`short_bodies()`], [`preferences()`],
//! [`problem_details()`], [`catch_panic()`], [`reserve_memory()`], [`head_as_get()`],
//! `DefaultHeaders`, `NormalizePath`, [`authorize()`].
//!
//! Three of them are part of actix-web: `Compress` compresses bodies, `DefaultHeaders` adds
//! security headers, and `NormalizePath` merges repeated slashes of the path.

mod authorize;
mod caching;
mod catch_panic;
mod content_coding;
mod cors;
mod head_as_get;
mod preferences;
mod problem_details;
mod reserve_memory;
mod trace;

pub(crate) use authorize::authorize;
pub(crate) use caching::caching;
pub(crate) use catch_panic::catch_panic;
pub(crate) use content_coding::{content_coding, short_bodies};
pub(crate) use cors::{CorsHeaders, cors};
pub(crate) use head_as_get::head_as_get;
pub(crate) use preferences::preferences;
pub(crate) use problem_details::problem_details;
pub(crate) use reserve_memory::reserve_memory;
pub(crate) use trace::{RequestIds, UNKNOWN_REQUEST_ID, is_logged, log_cached, trace};
