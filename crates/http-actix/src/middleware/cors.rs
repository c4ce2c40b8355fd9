//! Whose scripts a browser may let use the API (the Fetch standard's CORS).

use std::str::FromStr;

use actix_cors::Cors;
use actix_web::{
    http::{Method, Uri},
    middleware::Condition,
};
use thiserror::Error;

use crate::headers::{EXPOSED, TAKEN};

/// For how long a browser need not ask again what it may send, in seconds.
const PREFLIGHT_SECONDS: usize = 3600;

/// What the script of another origin may ask for.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Whose scripts may use the API. By default nobody's but those that this server itself sends.
///
/// Credentials that a browser adds by itself, cookies say, are never let through, whoever asks:
/// the API has no use for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CorsOrigins {
    /// Nobody's.
    #[default]
    None,
    /// Everybody's.
    Any,
    /// Those of these origins.
    OneOf(Vec<String>),
}

impl CorsOrigins {
    /// Reads origins: `scheme://host` or `scheme://host:port` each, or `*` for any.
    ///
    /// # Errors
    ///
    /// [`NoOrigin`] on the first that is neither.
    pub fn parse<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, NoOrigin> {
        let mut named = Vec::new();
        let mut any = false;
        for origin in origins {
            match origin {
                "*" => any = true,
                origin => named.push(origin.parse::<Origin>()?.0),
            }
        }
        Ok(match (any, named.is_empty()) {
            (true, _) => Self::Any,
            (false, true) => Self::None,
            (false, false) => Self::OneOf(named),
        })
    }
}

/// An origin as a browser writes it (RFC 6454, section 6.2).
struct Origin(String);

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let uri: Option<Uri> = text.parse().ok();
        let canonical = uri.and_then(|uri| {
            let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
            let usual_port = match scheme {
                "http" => Some(80),
                "https" => Some(443),
                _ => None,
            };
            let port = authority.port_u16().filter(|port| Some(*port) != usual_port);
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{scheme}://{}{port}", authority.host()).to_lowercase())
        });
        match canonical {
            Some(canonical) if canonical == text => Ok(Self(canonical)),
            _ => Err(NoOrigin { text: text.to_owned() }),
        }
    }
}

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "not an origin: {text:?}; one is written like https://blog.example: small letters, no usual port, no slash at its end"
)]
pub struct NoOrigin {
    text: String,
}

/// Answers what a browser asks before it lets a script send a request, and tells it with each
/// answer whether the script may read it.
pub(crate) fn cors(origins: &CorsOrigins) -> Condition<Cors> {
    let mut cors = Cors::default()
        .allowed_methods(METHODS)
        .allowed_headers(TAKEN)
        .expose_headers(EXPOSED)
        .max_age(PREFLIGHT_SECONDS)
        .block_on_origin_mismatch(false);
    match origins {
        CorsOrigins::None => {}
        CorsOrigins::Any => cors = cors.allow_any_origin().send_wildcard(),
        CorsOrigins::OneOf(origins) => {
            for origin in origins {
                cors = cors.allowed_origin(origin);
            }
        }
    }
    Condition::new(*origins != CorsOrigins::None, cors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read() {
        for (given, expected) in [
            (vec![], CorsOrigins::None),
            (vec!["*"], CorsOrigins::Any),
            (vec!["https://a.example", "*"], CorsOrigins::Any),
            (
                vec!["https://a.example", "http://localhost:3000"],
                CorsOrigins::OneOf(vec![
                    "https://a.example".to_owned(),
                    "http://localhost:3000".to_owned(),
                ]),
            ),
        ] {
            assert_eq!(CorsOrigins::parse(given.clone()), Ok(expected), "{given:?}");
        }
    }

    #[test]
    fn what_a_browser_would_not_send_as_an_origin_is_refused() {
        for text in [
            "",
            "a.example",
            "https://a.example/",
            "https://a.example/path",
            "https://user@a.example",
            "https://A.example",
            "https://a.example:443",
            "http://a.example:80",
            "https://*.example/",
            "null",
            "//a.example",
        ] {
            assert!(CorsOrigins::parse([text]).is_err(), "{text}");
        }
    }
}
