//! The endpoints, one file each: request, handler, documentation, and the tests of the request.
//! Responses are tested where a client sees them, in `tests/`.

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
