//! The HTTP adapter: the blog's API on actix-web.
//!
//! | to find | look in |
//! |---|---|
//! | how the application is assembled | [`app()`] |
//! | how the OpenAPI document is assembled | [`openapi`] |
//! | path, method, handler and documentation of every endpoint | `routes` |
//! | one endpoint: request, handler, documentation | `endpoints` |
//! | how bodies, queries, paths and headers are read | `request` |
//! | a post, a list and its links as a response | `response` |
//! | which posts a caller may see | `scope` |
//! | status, headers and body of every failure | `error` |
//! | what happens to every request | `middleware` |
//! | what the parts say about themselves in the document | `documentation` |
//! | what is wrong with a request | `problems` |
//! | names of headers, paths, media types | `headers`, `paths`, `media_type` |
//! | how headers are read that more than one module needs | `entity_tag`, `header_list`, `preference` |
//! | what the operator chooses | [`Options`], [`CorsOrigins`] |
//!
//! Imports go down this list and never back: a test holds it.
//!
//! # One key decision: all problems at once
//!
//! A body is first parsed as a JSON object whose fields may be anything. Then each field is read into a
//! value of the domain, and everything that is wrong is collected. A framework's extractor would stop
//! at the first problem.

mod app;
mod documentation;
mod endpoints;
mod entity_tag;
mod error;
mod examples;
mod header_list;
mod headers;
mod media_type;
mod middleware;
pub mod openapi;
mod options;
mod origins;
mod paths;
mod preference;
mod problems;
mod request;
mod response;
mod routes;
mod scope;

pub use app::{Api, app};
pub use options::{Limits, Options};
pub use origins::{CorsOrigins, InvalidOrigin};
