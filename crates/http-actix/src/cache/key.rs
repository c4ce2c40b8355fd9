//! What the response to a read of posts depends on, besides the posts.

use actix_web::{
    dev::RequestHead,
    http::{
        Method,
        header::{
            ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST, HeaderName, IF_MATCH, IF_MODIFIED_SINCE,
            IF_NONE_MATCH, IF_UNMODIFIED_SINCE, ORIGIN,
        },
    },
};
use domain::{Dependency, KeyScope, Viewer};

use crate::{head::Head, headers::PREFER, paths, request::PreviewParameter};

/// The request headers on which the response to a read depends. `X-Request-Id` is missing, because
/// it is not part of the stored response. Rate limits apply before a response is sent.
///
/// If a handler or middleware reads another header of a read, add the header here.
const HEADERS: [HeaderName; 9] = [
    HOST,
    ORIGIN,
    ACCEPT,
    ACCEPT_ENCODING,
    PREFER,
    IF_NONE_MATCH,
    IF_MODIFIED_SINCE,
    IF_MATCH,
    IF_UNMODIFIED_SINCE,
];

/// A byte that does not occur in a header value or in a URI.
const SEPARATOR: u8 = b'\n';

/// Returns whether a request reads posts without a preview token. A response to a token is never
/// kept, because the token expires.
pub(super) fn is_read_of_posts(head: &RequestHead) -> bool {
    [Method::GET, Method::HEAD].contains(&head.method)
        && head.uri.authority().is_none()
        && head.uri.path().starts_with(paths::POSTS)
        && !PreviewParameter::is_in(head.uri.query().unwrap_or_default())
}

/// Returns the posts that the response to a request depends on. Returns `None` for other paths,
/// such as a path that the server normalizes.
pub(super) fn dependency(head: &RequestHead) -> Option<Dependency> {
    match head.uri.path().strip_prefix(paths::POSTS)? {
        "" => Some(Dependency::AllPosts),
        path => path.strip_prefix('/')?.parse().ok().map(Dependency::Post),
    }
}

/// Returns the key of the response to a request of a viewer. If two requests have the same key,
/// and the posts do not change, their responses are equal except for the request id.
pub(super) fn key(head: &impl Head, viewer: Viewer) -> Vec<u8> {
    let mut key = Vec::with_capacity(256);
    key.push(viewer_tag(viewer));
    // The response to a request with this header is private.
    key.push(u8::from(head.values(&AUTHORIZATION).next().is_some()));
    key.extend_from_slice(head.path_and_query().as_bytes());
    for (tag, name) in (b'a'..).zip(&HEADERS) {
        for value in head.values(name) {
            key.extend_from_slice(&[SEPARATOR, tag]);
            key.extend_from_slice(value);
        }
    }
    key
}

/// Returns another byte for each kind of viewer.
fn viewer_tag(viewer: Viewer) -> u8 {
    match viewer {
        Viewer::Anonymous => b'0',
        Viewer::Unrestricted => b'1',
        Viewer::Key { scope: KeyScope::Read, .. } => b'2',
        Viewer::Key { scope: KeyScope::Write, .. } => b'3',
        Viewer::Key { scope: KeyScope::Admin, .. } => b'4',
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use domain::{KeyId, PostId};
    use uuid::Uuid;

    use super::*;

    const ID: &str = "0195473e-d9d9-7d5c-a4a1-7e4b5e3c7a10";

    fn request(path: &str, headers: &[(&str, &str)]) -> TestRequest {
        headers
            .iter()
            .fold(TestRequest::with_uri(path), |request, header| request.append_header(*header))
    }

    fn key_of(viewer: Viewer, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
        key(request(path, headers).to_srv_request().head(), viewer)
    }

    #[test]
    fn only_reads_of_posts_without_a_preview_are_kept() {
        let is_read = |request: TestRequest| is_read_of_posts(request.to_srv_request().head());

        for path in ["/api/posts", "/api/posts?limit=5", "/api/posts/7", "/api/posts?q=preview"] {
            assert!(is_read(TestRequest::with_uri(path)), "{path}");
            assert!(is_read(TestRequest::with_uri(path).method(Method::HEAD)), "{path}");
            assert!(!is_read(TestRequest::with_uri(path).method(Method::DELETE)), "{path}");
        }
        for path in ["/", "/api/docs/openapi.json", "/api/posts/7?preview=x", "//api/posts"] {
            assert!(!is_read(TestRequest::with_uri(path)), "{path}");
        }
    }

    #[test]
    fn a_path_tells_on_which_posts_the_response_depends() {
        let dependency =
            |path: &str| dependency(TestRequest::with_uri(path).to_srv_request().head());
        let post = Dependency::Post(PostId::new(ID.parse().unwrap()));

        assert_eq!(dependency("/api/posts?page=2"), Some(Dependency::AllPosts));
        assert_eq!(dependency(&format!("/api/posts/{ID}")), Some(post));
        for path in ["/api/posts/", "/api/posts/7", "/api/postscript", "/api/posts//"] {
            assert_eq!(dependency(path), None, "{path}");
        }
    }

    #[test]
    fn each_input_of_a_response_changes_the_key() {
        let key_viewer = |scope| Viewer::Key { id: KeyId::new(Uuid::nil()), scope };
        let plain = |viewer| key_of(viewer, "/api/posts", &[]);
        let mut keys: Vec<_> = [Viewer::Anonymous, Viewer::Unrestricted]
            .into_iter()
            .chain(KeyScope::ALL.map(key_viewer))
            .map(plain)
            .collect();
        let anonymous = |path, headers: &[_]| key_of(Viewer::Anonymous, path, headers);
        keys.push(anonymous("/api/posts?", &[]));
        keys.push(anonymous("/api/posts?limit=5", &[]));
        keys.push(anonymous("/api/posts", &[("authorization", "x")]));
        for name in &HEADERS {
            let name = name.as_str();
            keys.push(anonymous("/api/posts", &[(name, "")]));
            keys.push(anonymous("/api/posts", &[(name, "x")]));
            keys.push(anonymous("/api/posts", &[(name, "x"), (name, "y")]));
            keys.push(anonymous("/api/posts", &[(name, "xy")]));
        }

        let number = keys.len();
        keys.sort();
        keys.dedup();

        assert_eq!(keys.len(), number);
    }

    #[test]
    fn other_headers_and_the_other_method_of_a_read_do_not_change_the_key() {
        let get = request("/api/posts", &[]).to_srv_request();
        let head = request("/api/posts", &[("user-agent", "x"), ("x-request-id", "y")])
            .method(Method::HEAD)
            .to_srv_request();

        assert_eq!(key(get.head(), Viewer::Anonymous), key(head.head(), Viewer::Anonymous));
    }
}
