//! The paths of the API.

use std::fmt::Display;

/// The list of posts.
pub(crate) const POSTS: &str = "/api/posts";
/// One post.
pub(crate) const ONE_POST: &str = "/api/posts/{post_id}";
/// The preview links of a post.
pub(crate) const PREVIEW: &str = "/api/posts/{post_id}/preview";
/// The parameter of [`ONE_POST`] and [`PREVIEW`].
pub(crate) const POST_ID: &str = "post_id";
/// Common paths of API documentation. They redirect to [`SWAGGER`].
pub(crate) const DOCS: [&str; 2] = ["/docs", "/api/docs"];
/// The OpenAPI document.
pub(crate) const DOCUMENT: &str = "/api/docs/openapi.json";
/// Swagger UI.
pub(crate) const SWAGGER: &str = "/api/docs/swagger";
/// The script that starts Swagger UI.
pub(crate) const SWAGGER_INIT: &str = "/api/docs/swagger/init.js";
/// A static file of Swagger UI.
pub(crate) const SWAGGER_ASSET: &str = "/api/docs/swagger/{asset}";

/// Returns the path of a post.
pub(crate) fn post_path(id: impl Display) -> String {
    format!("{POSTS}/{id}")
}

/// Returns whether a route pattern is [`POSTS`] or [`ONE_POST`].
pub(crate) fn is_posts_path(path: &str) -> bool {
    [POSTS, ONE_POST].contains(&path)
}
