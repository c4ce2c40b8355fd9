//! List-based header fields (RFC 9110, section 5.6.1).

use actix_web::http::header::{HeaderMap, HeaderName};

/// Returns the list elements of a header field, from all its lines.
///
/// A comma inside a quoted string does not separate elements. A line that contains non-ASCII bytes
/// is ignored.
pub(crate) fn elements<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| {
            let mut in_quotes = false;
            line.split(move |c| {
                in_quotes ^= c == '"';
                c == ',' && !in_quotes
            })
        })
        .map(str::trim)
        .filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderValue, IF_MATCH};

    use super::*;

    #[test]
    fn elements_are_read_from_all_lines_and_may_contain_quoted_commas() {
        let mut headers = HeaderMap::new();
        for line in ["\"a, *, b\" , W/\"c\"", "", ",,d"] {
            headers.append(IF_MATCH, HeaderValue::from_static(line));
        }

        let elements: Vec<_> = elements(&headers, &IF_MATCH).collect();

        assert_eq!(elements, ["\"a, *, b\"", "W/\"c\"", "d"]);
    }
}
