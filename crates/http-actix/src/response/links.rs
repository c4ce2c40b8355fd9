//! Pagination headers: `Link` (RFC 8288) and `X-Pagination`.

use domain::{PageNumber, PageSize};
use serde::Serialize;

use crate::paths;

/// The links of a page to other pages of the same list, for the `Link` header field.
///
/// Each link repeats the query parameters that [`Links::new`] keeps from the request.
pub(crate) struct Links {
    parameters: Vec<(String, String)>,
    links: Vec<String>,
}

impl Links {
    /// Creates an empty set of links for a page. `query` is the query string of the request.
    ///
    /// `is_kept` gets the name of a parameter in `query` and returns whether the links contain this
    /// parameter.
    pub(crate) fn new(query: &str, is_kept: impl Fn(&str) -> bool) -> Self {
        let parameters = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| is_kept(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { parameters, links: vec![] }
    }

    /// Adds a link to the page with these paging parameters.
    pub(crate) fn add(&mut self, relation: &str, parameters: &[(&str, &str)]) {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.parameters)
            .extend_pairs(parameters)
            .finish();
        self.links.push(format!("<{}?{query}>; rel=\"{relation}\"", paths::POSTS));
    }

    /// Returns the value of the `Link` header field. `None` if there are no links.
    pub(crate) fn header_value(&self) -> Option<String> {
        Some(self.links.join(", ")).filter(|links| !links.is_empty())
    }
}

/// The value of `X-Pagination`, in the format of flask-smorest.
///
/// Past the last page, `page`, `previous_page` and `next_page` are absent. For an empty list,
/// `first_page` and `last_page` are also absent.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Pagination {
    pub(crate) total: u64,
    pub(crate) total_pages: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_page: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_page: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_page: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_page: Option<u64>,
}

impl Pagination {
    /// Computes the metadata of a page of a list with `total` posts.
    pub(crate) fn new(total: u64, number: PageNumber, size: PageSize) -> Self {
        let (total_pages, number) = (total.div_ceil(size.get().into()), u64::from(number.get()));
        let exists = (1..=total_pages).contains(&number);
        Self {
            total,
            total_pages,
            first_page: (total_pages > 0).then_some(1),
            last_page: (total_pages > 0).then_some(total_pages),
            page: exists.then_some(number),
            previous_page: (exists && number > 1).then(|| number - 1),
            next_page: (number < total_pages).then(|| number + 1),
        }
    }

    /// Adds links to the first, previous, next and last page, if they exist.
    pub(crate) fn add_links(&self, links: &mut Links, size: PageSize) {
        let size = size.get().to_string();
        for (relation, number) in [
            ("first", self.first_page),
            ("prev", self.previous_page),
            ("next", self.next_page),
            ("last", self.last_page),
        ] {
            if let Some(number) = number {
                links.add(relation, &[("page", &number.to_string()), ("page_size", &size)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(total: u64, number: u32) -> Pagination {
        Pagination::new(total, PageNumber::new(number).unwrap(), PageSize::DEFAULT)
    }

    fn pagination(total: u64, number: u32) -> String {
        serde_json::to_string(&page(total, number)).unwrap()
    }

    #[test]
    fn a_page_has_the_numbers_of_the_previous_and_the_next_page() {
        for (number, expected) in [
            (1, r#""page":1,"next_page":2}"#),
            (2, r#""page":2,"previous_page":1,"next_page":3}"#),
            (3, r#""page":3,"previous_page":2}"#),
        ] {
            assert_eq!(
                pagination(25, number),
                format!(r#"{{"total":25,"total_pages":3,"first_page":1,"last_page":3,{expected}"#)
            );
        }
    }

    #[test]
    fn past_the_last_page_only_the_first_and_the_last_are_given() {
        assert_eq!(
            pagination(25, 4),
            r#"{"total":25,"total_pages":3,"first_page":1,"last_page":3}"#
        );
    }

    #[test]
    fn an_empty_list_has_no_pages() {
        for number in [1, 2] {
            assert_eq!(pagination(0, number), r#"{"total":0,"total_pages":0}"#);
        }
    }

    #[test]
    fn a_full_last_page_has_no_next_page() {
        assert_eq!(page(20, 2).total_pages, 2);
        assert_eq!(page(20, 2).next_page, None);
    }

    #[test]
    fn links_have_the_parameters_that_are_kept() {
        let query = "q=a+%26b&page=2&page_size=10&sort=%C3%A9&unknown=1";
        let mut links = Links::new(query, |name| ["q", "sort"].contains(&name));

        page(25, 2).add_links(&mut links, PageSize::DEFAULT);

        let link = |number, relation| {
            format!(
                "</api/posts?q=a+%26b&sort=%C3%A9&page={number}&page_size=10>; rel=\"{relation}\""
            )
        };
        let expected = [link(1, "first"), link(1, "prev"), link(3, "next"), link(3, "last")];
        assert_eq!(links.header_value(), Some(expected.join(", ")));
    }

    #[test]
    fn without_links_there_is_no_header() {
        assert_eq!(Links::new("q=a", |_| false).header_value(), None);
    }
}
