//! Speaks the blog's HTTP API.
//!
//! | to find | look in |
//! |---|---|
//! | which paths there are | `routes` |
//! | one endpoint: its request, its handler, its documentation | `endpoints` |
//! | how bodies, queries and paths are read, and what is wrong with them | `payload` |
//! | what a post looks like on the wire | `representation` |
//! | what names a state of it there | `entity_tag` |
//! | where one can go from a part of a list | `links` |
//! | how a header that is a list is read | `header_list` |
//! | which headers there are beyond HTTP's own | `headers` |
//! | which status an error has, and its body | `error` |
//! | which posts a caller may see | `scope` |
//! | what happens to every request | `middleware` |
//! | how the OpenAPI document is made | [`openapi`] |
//!
//! # One key decision: all problems at once
//!
//! A body is first read as a JSON object whose fields may be anything, then field by field into
//! the domain's values; what goes wrong on the way is collected. A framework's extractor would
//! stop at the first.

mod app;
mod endpoints;
mod entity_tag;
mod error;
mod header_list;
mod headers;
mod links;
mod list;
mod middleware;
pub mod openapi;
mod payload;
mod representation;
mod routes;
mod scope;

pub use app::{Api, Limits, Options, app};
pub use middleware::{CorsOrigins, NoOrigin};
