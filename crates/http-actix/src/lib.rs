//! The HTTP adapter: the blog's API on actix-web.
//!
//! | to find | look in |
//! |---|---|
//! | what is answered from the cache | `cached` |
//! | how the application is assembled | [`app()`] |
//! | what runs before and after every handler | `middleware` |
//! | how the OpenAPI document is assembled | [`openapi`] |
//! | path, method, handler and documentation of every endpoint | `routes` |
//! | one endpoint: request, handler, documentation | `endpoints` |
//! | the responses that are kept, and when they are out of date | `cache` |
//! | how bodies, queries, paths and headers are read | `request` |
//! | a post, a list and its links as a response | `response` |
//! | helpers to document endpoints in the OpenAPI document | `documentation` |
//! | who sent a request, and whether the caller may do it | `auth` |
//! | status, headers and body of every failure | `error` |
//! | validation problems of a request | `problems` |
//! | parsers of headers that several modules read | `entity_tag`, `header_list`, `preference` |
//! | names of headers, paths, media types | `headers`, `paths`, `media_type` |
//! | the post in the examples of the OpenAPI document | `examples` |
//! | configuration | [`Options`], [`CorsOrigins`], `access` |
//! | the head of a request, before and after it is parsed | `head` |
//!
//! A module imports only modules in its own row or below it in this table. A test checks that no
//! import cycle exists.
//!
//! # Design decision: report all validation problems at once
//!
//! A body is first parsed as a JSON object with fields of any type. Then each field is parsed into
//! a domain value, and all problems are collected. An extractor of actix-web would stop at the
//! first problem.

mod access;
mod app;
mod auth;
mod cache;
mod cached;
mod documentation;
mod endpoints;
mod entity_tag;
mod error;
mod examples;
mod head;
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

pub use access::{AuthMode, InvalidNetwork, KnownHosts, RateLimit, TrustedProxies};
pub use app::{Api, Services, app};
pub use cache::{CacheStatistics, Slot};
pub use cached::{Cached, CachedResponse};
pub use error::Refusal;
pub use head::ReceivedHead;
pub use options::{Limits, Options};
pub use origins::{CorsOrigins, InvalidOrigin};
pub use response::{Reservation, http_date};
