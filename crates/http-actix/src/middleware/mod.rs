//! Middleware, from the outermost to the innermost: [`outside_compression()`], `Compress`,
//! `NormalizePath`, [`inside_compression()`].
//!
//! Two of them are part of actix-web: `Compress` compresses bodies, and `NormalizePath` merges
//! repeated slashes of the path. The other two run the steps of the other files in order.

mod authorize;
mod caching;
mod content_coding;
mod cors;
mod inside;
mod outside;
mod preferences;
mod problem_details;
mod reserve_memory;
mod security_headers;
mod trace;

pub(crate) use cors::Cors;
pub(crate) use inside::inside_compression;
pub(crate) use outside::outside_compression;
pub(crate) use security_headers::add as add_security_headers;
pub(crate) use trace::{RequestIds, UNKNOWN_REQUEST_ID, is_logged, log_cached};
