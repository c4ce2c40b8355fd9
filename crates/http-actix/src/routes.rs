//! The paths there are, and who answers each method of them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderValue},
    },
};
use domain::PostId;
use paperclip::actix::web::{self, Resource, Route, ServiceConfig};

use crate::{endpoints, error::ApiError, openapi::serve};

/// The path of the list of posts.
pub(crate) const POSTS: &str = "/api/posts";
/// The path of one post.
pub(crate) const POST: &str = "/api/posts/{post_id}";

/// The path of the post `id`.
pub(crate) fn post(id: PostId) -> String {
    POST.replace("{post_id}", &id.to_string())
}

/// Mounts every path. Those whose handler says `skip` are not in the OpenAPI document.
pub(crate) fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(resource("/", [(Method::GET, web::get().to(endpoints::welcome))]))
        .service(resource(
            POSTS,
            [
                (Method::GET, web::get().to(endpoints::list_posts)),
                (Method::POST, web::post().to(endpoints::create_post)),
            ],
        ))
        .service(resource(
            POST,
            [
                (Method::GET, web::get().to(endpoints::get_post)),
                (Method::PUT, web::put().to(endpoints::replace_post)),
                (Method::DELETE, web::delete().to(endpoints::delete_post)),
            ],
        ))
        .service(resource(
            "/api/docs/openapi.json",
            [(Method::GET, web::get().to(serve::document))],
        ))
        .service(resource("/api/docs/swagger", [(Method::GET, web::get().to(serve::page))]))
        .service(resource(
            "/api/docs/swagger/init.js",
            [(Method::GET, web::get().to(serve::init_script))],
        ))
        .service(resource(
            "/api/docs/swagger/{asset}",
            [(Method::GET, web::get().to(serve::asset))],
        ));
}

/// One path: `OPTIONS` is answered with the methods it offers, and every other method it does not
/// offer with those too, as a 405.
fn resource<const N: usize>(path: &str, routes: [(Method, Route); N]) -> Resource {
    let allow = allow(routes.iter().map(|(method, _)| method));
    let mut resource = web::resource(path);
    for (_, route) in routes {
        resource = resource.route(route);
    }
    resource.default_service(actix_web::web::to(move |request: HttpRequest| {
        let allow = allow.clone();
        async move {
            if request.method() == Method::OPTIONS {
                Ok(HttpResponse::Ok().insert_header((header::ALLOW, allow)).finish())
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
