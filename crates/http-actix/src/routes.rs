//! The paths there are, and who answers each method of them.

use std::fmt::Display;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderValue},
    },
};
use paperclip::actix::web::{self, Resource, Route, ServiceConfig};

use crate::{endpoints, error::ApiError, headers::ACCEPT_PATCH, openapi::serve, payload::Accepted};

/// The path of the list of posts.
pub(crate) const POSTS: &str = "/api/posts";
/// The path of one post.
pub(crate) const ONE_POST: &str = "/api/posts/{post_id}";
/// The name of that path's parameter.
pub(crate) const POST_ID: &str = "post_id";

/// The path of the post `id`.
pub(crate) fn path_of_post(id: impl Display) -> String {
    format!("{POSTS}/{id}")
}

/// Whether a path, as it is mounted, is that of the list of posts or of one post.
pub(crate) fn is_of_posts(path: &str) -> bool {
    [POSTS, ONE_POST].contains(&path)
}

/// Mounts every path. Those whose handler says `skip` are not in the OpenAPI document.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(resource("/", [offer(Method::GET, |route| route.to(endpoints::welcome))]))
        .service(resource(
            POSTS,
            [
                offer(Method::GET, |route| route.to(endpoints::list_posts)),
                offer(Method::POST, |route| route.to(endpoints::create_post)),
            ],
        ))
        .service(resource(
            ONE_POST,
            [
                offer(Method::GET, |route| route.to(endpoints::get_post)),
                offer(Method::PUT, |route| route.to(endpoints::replace_post)),
                offer(Method::PATCH, |route| route.to(endpoints::patch_post)),
                offer(Method::DELETE, |route| route.to(endpoints::delete_post)),
            ],
        ))
        .service(resource(
            "/api/docs/openapi.json",
            [offer(Method::GET, |route| route.to(serve::document))],
        ))
        .service(resource("/api/docs/swagger", [offer(Method::GET, |route| route.to(serve::page))]))
        .service(resource(
            "/api/docs/swagger/init.js",
            [offer(Method::GET, |route| route.to(serve::init_script))],
        ))
        .service(resource(
            "/api/docs/swagger/{asset}",
            [offer(Method::GET, |route| route.to(serve::asset))],
        ));
}

/// A method of a path, and its route to whoever answers it.
fn offer(method: Method, to: impl FnOnce(Route) -> Route) -> (Method, Route) {
    let route = to(web::method(method.clone()));
    (method, route)
}

/// One path: `OPTIONS` is answered with the methods it offers, and every other method it does not
/// offer with those too, as a 405.
fn resource<const N: usize>(path: &str, routes: [(Method, Route); N]) -> Resource {
    let allow = allow(routes.iter().map(|(method, _)| method));
    let takes_patches = routes.iter().any(|(method, _)| *method == Method::PATCH);
    let mut resource = web::resource(path);
    for (_, route) in routes {
        resource = resource.route(route);
    }
    resource.default_service(actix_web::web::to(move |request: HttpRequest| {
        let allow = allow.clone();
        async move {
            if request.method() == Method::OPTIONS {
                let mut response = HttpResponse::Ok();
                response.insert_header((header::ALLOW, allow));
                if takes_patches {
                    let types = Accepted::MergePatch.types().join(", ");
                    response.insert_header((ACCEPT_PATCH, types));
                }
                Ok(response.finish())
            } else {
                Err(ApiError::MethodNotAllowed { allow })
            }
        }
    }))
}

/// The methods a path offers: those it has routes for, and those that come by themselves.
fn allow<'a>(routed: impl Iterator<Item = &'a Method>) -> HeaderValue {
    let mut offered: Vec<&str> = routed.map(Method::as_str).collect();
    if offered.contains(&"GET") {
        offered.push("HEAD");
    }
    offered.push("OPTIONS");
    offered.sort_unstable();
    HeaderValue::try_from(offered.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_is_offered_where_get_is() {
        assert_eq!(allow([Method::PUT, Method::GET].iter()), "GET, HEAD, OPTIONS, PUT");
        assert_eq!(allow([Method::DELETE].iter()), "DELETE, OPTIONS");
    }
}
