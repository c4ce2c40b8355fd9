//! `Prefer: handling=strict` (RFC 7240, section 4.4): unknown parameters are an error.

use actix_web::http::header::HeaderMap;

use crate::{header_list::elements, headers::PREFER};

/// The value of `Prefer` and of `Preference-Applied`.
pub(crate) const STRICT: &str = "handling=strict";

const HANDLING: &str = "handling";
const STRICT_HANDLING: &str = "strict";

/// Returns whether `Prefer` contains `handling=strict`.
///
/// If a preference occurs twice, only the first one applies (RFC 7240, section 2).
pub(crate) fn is_strict(headers: &HeaderMap) -> bool {
    let handling = elements(headers, &PREFER).find_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case(HANDLING).then(|| value.trim().trim_matches('"'))
    });
    handling.is_some_and(|value| value.eq_ignore_ascii_case(STRICT_HANDLING))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_first_handling_preference_counts() {
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
