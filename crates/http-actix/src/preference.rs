//! `Prefer: handling=strict` (RFC 7240, section 4.4): unknown parameters are an error.

use actix_web::http::header::HeaderMap;

use crate::{header_list::members, headers::PREFER};

/// The preference, as it is asked for and as it is confirmed.
pub(crate) const STRICT: &str = "handling=strict";

const HANDLING: &str = "handling";
const IN_STRICT_WAY: &str = "strict";

/// Whether a request prefers to fail over being understood in part. Of a preference that is there
/// twice the first one counts (RFC 7240, section 2).
pub(crate) fn is_strict(headers: &HeaderMap) -> bool {
    let handling = members(headers, &PREFER).find_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case(HANDLING).then(|| value.trim().trim_matches('"'))
    });
    handling.is_some_and(|value| value.eq_ignore_ascii_case(IN_STRICT_WAY))
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
            ("handling=lenient, handling=strict", false),
            ("handling=strict, handling=lenient", true),
            ("foo=\"a, handling=strict\"", false),
            ("hand ling=strict", false),
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
