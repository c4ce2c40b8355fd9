//! The routes: path, method, handler and documentation of every endpoint.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderValue},
    },
};
use domain::KeyScope;
use paperclip::actix::web::{self, Resource, ServiceConfig};

use crate::{
    access::Access,
    documentation::Operation,
    endpoints::{
        create_post, create_preview, delete_post, docs, get_post, list_posts, patch_post,
        replace_post, welcome,
    },
    error::ApiError,
    headers::ACCEPT_PATCH,
    media_type::Accepted,
    paths,
};

/// One endpoint.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) method: Method,
    /// What the route requires from its callers.
    pub(crate) access: Access,
    /// Adds the handler to a route.
    to: fn(web::Route) -> web::Route,
    /// The description in the OpenAPI document. `None` for an endpoint that is not in the document.
    /// The handler of such an endpoint has the attribute `#[api_v2_operation(skip)]`.
    pub(crate) documentation: Option<fn() -> Operation>,
}

const WRITE: Access = Access::Needs(KeyScope::Write);

/// Returns what a request requires from its caller. `pattern` is the path pattern that matches the
/// path of the request, or `None` if no pattern matches.
pub(crate) fn access(pattern: Option<&str>, method: &Method) -> Access {
    static ALL: LazyLock<[Route; 14]> = LazyLock::new(table);
    let route = ALL.iter().find(|route| Some(route.path) == pattern && route.method == method);
    route.map_or_else(|| Access::without_route(method), |route| route.access)
}

/// Returns all endpoints. The endpoints of one path are adjacent. If several paths match a request,
/// the first of these paths is used.
#[rustfmt::skip]
pub(crate) fn table() -> [Route; 14] {
    [
        documented(Method::GET, paths::POSTS, Access::Public, |route| route.to(list_posts::list_posts), list_posts::documentation),
        documented(Method::POST, paths::POSTS, WRITE, |route| route.to(create_post::create_post), create_post::documentation),
        documented(Method::GET, paths::ONE_POST, Access::Previewable, |route| route.to(get_post::get_post), get_post::documentation),
        documented(Method::PUT, paths::ONE_POST, WRITE, |route| route.to(replace_post::replace_post), replace_post::documentation),
        documented(Method::PATCH, paths::ONE_POST, WRITE, |route| route.to(patch_post::patch_post), patch_post::documentation),
        documented(Method::DELETE, paths::ONE_POST, WRITE, |route| route.to(delete_post::delete_post), delete_post::documentation),
        documented(Method::POST, paths::PREVIEW, WRITE, |route| route.to(create_preview::create_preview), create_preview::documentation),
        hidden("/", |route| route.to(welcome::welcome)),
        hidden(paths::DOCS[0], |route| route.to(docs::redirect)),
        hidden(paths::DOCS[1], |route| route.to(docs::redirect)),
        hidden(paths::DOCUMENT, |route| route.to(docs::document)),
        hidden(paths::SWAGGER, |route| route.to(docs::page)),
        hidden(paths::SWAGGER_INIT, |route| route.to(docs::init_script)),
        hidden(paths::SWAGGER_ASSET, |route| route.to(docs::asset)),
    ]
}

/// Creates an endpoint that is in the OpenAPI document.
const fn documented(
    method: Method,
    path: &'static str,
    access: Access,
    to: fn(web::Route) -> web::Route,
    documentation: fn() -> Operation,
) -> Route {
    Route { path, method, access, to, documentation: Some(documentation) }
}

/// Creates a public `GET` endpoint that is not in the OpenAPI document.
const fn hidden(path: &'static str, to: fn(web::Route) -> web::Route) -> Route {
    Route { path, method: Method::GET, access: Access::Public, to, documentation: None }
}

/// Registers all endpoints.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    for routes in table().chunk_by(|one, next| one.path == next.path) {
        config.service(resource(routes));
    }
}

/// Creates the resource of one path.
///
/// `OPTIONS` gets a 200 with `Allow`. If the path has a route for `PATCH`, this response also has
/// `Accept-Patch`. A method without a route gets a 405 with `Allow`.
fn resource(routes: &[Route]) -> Resource {
    let allow = allow(routes.iter().map(|route| &route.method));
    let accepts_patches = routes.iter().any(|route| route.method == Method::PATCH);
    let path = routes.first().map_or("", |route| route.path);
    let mut resource = web::resource(path);
    for Route { method, to, .. } in routes {
        resource = resource.route(to(web::method(method.clone())));
    }
    resource.default_service(actix_web::web::to(move |request: HttpRequest| {
        let allow = allow.clone();
        async move {
            if request.method() == Method::OPTIONS {
                let mut response = HttpResponse::Ok();
                response.insert_header((header::ALLOW, allow));
                if accepts_patches {
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

/// Returns the value of `Allow`: the methods with a route, `OPTIONS`, and `HEAD` if `GET` has a
/// route.
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
    fn a_path_with_get_allows_head() {
        assert_eq!(allow([Method::PUT, Method::GET].iter()), "GET, HEAD, OPTIONS, PUT");
        assert_eq!(allow([Method::DELETE].iter()), "DELETE, OPTIONS");
    }
}
