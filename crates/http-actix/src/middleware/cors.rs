//! Cross-origin resource sharing (CORS, the Fetch standard). It lets scripts of other origins use
//! the API.

use actix_web::{
    HttpResponse,
    dev::ServiceRequest,
    http::{
        Method,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
        },
    },
};

use crate::{
    headers::{ALLOWED, EXPOSED, header_name},
    options::Options,
    origins::CorsOrigins,
};

/// How long a browser may cache the response to a preflight request, in seconds.
const PREFLIGHT_SECONDS: u32 = 3600;

/// The methods that a script may use.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// The CORS headers of a response.
pub(crate) struct Cors {
    allowed: Option<HeaderValue>,
    /// Whether the response depends on the origin.
    varies: bool,
}

impl Cors {
    /// Returns the headers of the response to a request. Returns `None` if no other origin is
    /// allowed.
    pub(super) fn of(request: &ServiceRequest) -> Option<Self> {
        let origins = &Options::of(request.request()).cors;
        (*origins != CorsOrigins::None).then(|| Self::new(origins, request.headers().get(ORIGIN)))
    }

    /// Returns whether a browser asks which requests a script may send.
    pub(super) fn is_preflight(request: &ServiceRequest) -> bool {
        request.method() == Method::OPTIONS
            && [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD]
                .iter()
                .all(|name| request.headers().contains_key(name))
    }

    /// Returns the response to a preflight request.
    ///
    /// It lists all allowed methods and headers. The browser compares them with the request of the
    /// script.
    pub(super) fn preflight(self) -> HttpResponse {
        let mut response = HttpResponse::Ok()
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, list(&ALLOWED)))
            .insert_header((ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS))
            .finish();
        self.allow(response.headers_mut());
        response
    }

    /// Computes the headers for a request from `origin`.
    pub(crate) fn new(origins: &CorsOrigins, origin: Option<&HeaderValue>) -> Self {
        Self {
            allowed: origin.and_then(|origin| allowed(origins, origin)),
            varies: matches!(origins, CorsOrigins::OneOf(_)),
        }
    }

    /// Lets scripts of an allowed origin read a response and its headers.
    pub(crate) fn expose(self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, list(&EXPOSED));
        self.allow(headers);
    }

    fn allow(self, headers: &mut HeaderMap) {
        if let Some(allowed) = self.allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        }
        if self.varies {
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
    }
}

/// Returns the value of `Access-Control-Allow-Origin` for an origin. `None` if it is not allowed.
fn allowed(origins: &CorsOrigins, origin: &HeaderValue) -> Option<HeaderValue> {
    match origins {
        CorsOrigins::Any => Some(HeaderValue::from_static("*")),
        _ => origins.allow(origin).then(|| origin.clone()),
    }
}

fn list(names: &[HeaderName]) -> HeaderValue {
    let names = names.iter().map(header_name).collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(names).unwrap_or(HeaderValue::from_static(""))
}
