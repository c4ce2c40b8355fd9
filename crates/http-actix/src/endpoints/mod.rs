//! The endpoints. Each file has the request, the handler and the documentation of one endpoint.
//!
//! Unit tests check the parsing of requests. The acceptance tests in `tests/` check the responses.

pub(crate) mod create_post;
pub(crate) mod delete_post;
pub(crate) mod docs;
pub(crate) mod get_post;
pub(crate) mod list_posts;
pub(crate) mod not_found;
pub(crate) mod patch_post;
pub(crate) mod replace_post;
mod static_content;
mod update_documentation;
pub(crate) mod welcome;
