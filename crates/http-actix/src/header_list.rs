//! Headers that hold lists (RFC 9110, section 5.6.1).

use actix_web::http::header::{HeaderMap, HeaderName};

/// The members of a header's list, from all its lines. A comma in quotes parts nothing. A line that is
/// not text has no members.
pub(crate) fn members<'a>(
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
        .filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderValue, IF_MATCH};

    use super::*;

    #[test]
    fn members_come_from_every_line_and_may_have_commas_in_quotes() {
        let mut headers = HeaderMap::new();
        for line in ["\"a, *, b\" , W/\"c\"", "", ",,d"] {
            headers.append(IF_MATCH, HeaderValue::from_static(line));
        }

        let members: Vec<_> = members(&headers, &IF_MATCH).collect();

        assert_eq!(members, ["\"a, *, b\"", "W/\"c\"", "d"]);
    }
}
