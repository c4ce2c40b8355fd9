//! The endpoints. The file of an endpoint has its request, its handler and its documentation.
//!
//! Unit tests check the parsing of requests. The acceptance tests in `tests/` check the responses.

pub(crate) mod create_post;
pub(crate) mod create_preview;
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
