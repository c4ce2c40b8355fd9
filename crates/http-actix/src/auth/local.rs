//! Protection of a server that requires no keys.
//!
//! Only programs on the same machine should use such a server. But a web page of any site can make
//! a browser on this machine send requests to the server.

use actix_web::{
    dev::ServiceRequest,
    http::header::{HOST, HeaderName, HeaderValue, ORIGIN},
};

use crate::{error::ApiError, options::Options};

/// The header that says whether a page of this site or of another site sent a request (Fetch
/// Metadata, W3C).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const CROSS_SITE: HeaderValue = HeaderValue::from_static("cross-site");

/// Checks a request to a server without keys.
///
/// # Errors
///
/// - [`ApiError::UnknownHost`] if the host of the request is not allowed.
/// - [`ApiError::CrossSite`] if a page of another site sent a write, and its origin is not allowed.
pub(super) fn check(request: &ServiceRequest, options: &Options) -> Result<(), ApiError> {
    if host(request).is_some_and(|host| !options.known_hosts.include(host)) {
        return Err(ApiError::UnknownHost);
    }
    let headers = request.headers();
    let is_cross_site = headers.get(SEC_FETCH_SITE) == Some(&CROSS_SITE);
    let is_write = !request.method().is_safe();
    if is_cross_site
        && is_write
        && !headers.get(ORIGIN).is_some_and(|origin| options.cors.allow(origin))
    {
        return Err(ApiError::CrossSite);
    }
    Ok(())
}

/// Returns the host of a request, without the port. Returns `None` if the request has no host.
///
/// A browser always sends the host.
fn host(request: &ServiceRequest) -> Option<&str> {
    if let Some(host) = request.uri().host() {
        return Some(host);
    }
    let text = request.headers().get(HOST)?.to_str().unwrap_or("not text");
    Some(match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => text,
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::access::KnownHosts;

    fn is_known(host: &str) -> bool {
        let request = TestRequest::default().insert_header((HOST, host)).to_srv_request();
        let options = Options { known_hosts: KnownHosts::Loopback, ..Options::default() };
        check(&request, &options).is_ok()
    }

    #[test]
    fn the_host_is_read_without_its_port() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000", "[::1]"] {
            assert!(is_known(host), "{host}");
        }
        for host in ["evil.example", "evil.example:5000", "", ":5000", "localhost:5000:5000"] {
            assert!(!is_known(host), "{host}");
        }
    }

    #[test]
    fn a_page_of_another_site_may_read_but_not_write() {
        use actix_web::http::Method;
        for (method, is_allowed) in [
            (Method::GET, true),
            (Method::POST, false),
            (Method::DELETE, false),
            (Method::PATCH, false),
        ] {
            let request = TestRequest::default()
                .method(method.clone())
                .insert_header((SEC_FETCH_SITE, CROSS_SITE))
                .insert_header((ORIGIN, "https://evil.example"))
                .to_srv_request();

            assert_eq!(check(&request, &Options::default()).is_ok(), is_allowed, "{method}");
        }
    }
}
