//! `Prefer: handling=strict` (RFC 7240, section 4.4): better no answer than a guess.

use actix_web::http::header::HeaderMap;

use crate::headers::PREFER;

/// The preference, as it is asked for and as it is confirmed.
pub(crate) const STRICT: &str = "handling=strict";

/// Whether a request prefers to fail over being understood in part.
pub(crate) fn is_strict(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(PREFER).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|preference| {
        let token = preference.split(';').next().unwrap_or_default();
        let token: String = token.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
        token.eq_ignore_ascii_case(STRICT)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_preference_is_found_among_others() {
        for (line, expected) in [
            ("handling=strict", true),
            ("return=minimal, Handling = \"strict\"; x=y", true),
            ("handling=lenient", false),
            ("strict", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(PREFER, HeaderValue::from_static(line));
            assert_eq!(is_strict(&headers), expected, "{line}");
        }
        assert!(!is_strict(&HeaderMap::new()));
    }
}
