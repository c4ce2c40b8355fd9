//! Cross-origin resource sharing (CORS, the Fetch standard): the allowed origins.

use std::str::FromStr;

use actix_web::http::{Uri, header::HeaderValue};
use thiserror::Error;

/// The other origins whose scripts may use the API. The default is none.
///
/// Credentials that a browser adds automatically, such as cookies, are never allowed. The API does
/// not use them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CorsOrigins {
    /// No other origin.
    #[default]
    None,
    /// Every origin.
    Any,
    /// The listed origins.
    OneOf(Vec<String>),
}

impl CorsOrigins {
    /// Parses origins. An origin is `scheme://host` or `scheme://host:port`. `*` allows any origin.
    ///
    /// # Errors
    ///
    /// [`InvalidOrigin`] with the first text that is neither an origin nor `*`.
    pub fn parse<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidOrigin> {
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

    /// Returns whether scripts of an origin may use the API.
    pub(crate) fn allow(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::None => false,
            Self::Any => true,
            Self::OneOf(origins) => {
                origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
            }
        }
    }
}

/// An origin in the form that browsers send (RFC 6454, section 6.2).
struct Origin(String);

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let uri: Option<Uri> = text.parse().ok();
        let canonical = uri.and_then(|uri| {
            let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
            let default_port = match scheme {
                "http" => Some(80),
                "https" => Some(443),
                _ => None,
            };
            let port = authority.port_u16().filter(|port| Some(*port) != default_port);
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{scheme}://{}{port}", authority.host()).to_lowercase())
        });
        match canonical {
            Some(canonical) if canonical == text => Ok(Self(canonical)),
            _ => Err(InvalidOrigin { text: text.to_owned() }),
        }
    }
}

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "not an origin: {text:?}; write it like https://blog.example: lower case, no default port, no trailing slash"
)]
pub struct InvalidOrigin {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_parsed() {
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
    fn an_origin_that_no_browser_would_send_is_rejected() {
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
