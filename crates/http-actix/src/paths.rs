//! The paths of the API.

use std::fmt::Display;

/// The list of posts.
pub(crate) const POSTS: &str = "/api/posts";
/// One post.
pub(crate) const ONE_POST: &str = "/api/posts/{post_id}";
/// The parameter of [`ONE_POST`].
pub(crate) const POST_ID: &str = "post_id";
/// Paths that people try: they lead to [`SWAGGER`].
pub(crate) const DOCS: [&str; 2] = ["/docs", "/api/docs"];
/// The OpenAPI document.
pub(crate) const DOCUMENT: &str = "/api/docs/openapi.json";
/// Swagger UI.
pub(crate) const SWAGGER: &str = "/api/docs/swagger";
/// The script that starts Swagger UI.
pub(crate) const SWAGGER_INIT: &str = "/api/docs/swagger/init.js";
/// A file of Swagger UI.
pub(crate) const SWAGGER_ASSET: &str = "/api/docs/swagger/{asset}";

/// The path of the post `id`.
pub(crate) fn of_post(id: impl Display) -> String {
    format!("{POSTS}/{id}")
}

/// Whether a path, as it is mounted, is that of the list of posts or of one post.
pub(crate) fn is_of_posts(path: &str) -> bool {
    [POSTS, ONE_POST].contains(&path)
}
