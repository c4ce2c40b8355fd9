//! The API key in a request.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use domain::KeyText;

/// The scheme of `Authorization` (RFC 6750).
const SCHEME: &str = "Bearer";

/// The content of the `Authorization` header of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// The request has no `Authorization` header.
    None,
    /// The header is not a well-formed API key, or occurs more than once.
    Malformed,
    /// A well-formed API key.
    Key(KeyText),
}

impl Credentials {
    /// Returns the credentials in the headers of a request.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION);
        let (Some(value), None) = (values.next(), values.next()) else {
            let is_absent = !headers.contains_key(AUTHORIZATION);
            return if is_absent { Self::None } else { Self::Malformed };
        };
        let key = || {
            let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
            let key = key.trim_matches(' ').parse().ok()?;
            scheme.eq_ignore_ascii_case(SCHEME).then_some(key)
        };
        key().map_or(Self::Malformed, Self::Key)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use domain::{KeyId, Secret};

    use super::*;

    fn credentials(values: &[&str]) -> Credentials {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        Credentials::of(&headers)
    }

    #[test]
    fn a_bearer_token_is_a_key() {
        let key = KeyText {
            id: KeyId::new("3257de2a-ddae-4070-90d4-1b04a367bb07".parse().unwrap()),
            secret: Secret::new([3; 32]),
        };
        let text = key.reveal();

        for scheme in ["Bearer", "bearer", "BEARER", "Bearer "] {
            assert_eq!(credentials(&[&format!("{scheme} {text}")]), Credentials::Key(key));
        }
        for other in [text.clone(), format!("Basic {text}"), "Bearer".into(), "Bearer x".into()] {
            assert_eq!(credentials(&[&other]), Credentials::Malformed, "{other}");
        }
        let valid = format!("Bearer {text}");
        assert_eq!(credentials(&[&valid, &valid]), Credentials::Malformed);
        assert_eq!(credentials(&[]), Credentials::None);
    }
}
