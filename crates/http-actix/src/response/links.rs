//! Links from a part of a list to others: `Link` (RFC 8288) and `X-Pagination`.

use domain::{PageNumber, PageSize};
use serde::Serialize;

use crate::paths;

/// Links from one part of a list to others: to the same path with the same parameters but for
/// those that say which part.
pub(crate) struct Links {
    parameters: Vec<(String, String)>,
    links: Vec<String>,
}

impl Links {
    /// No links yet, from the part that `query` asks for with the parameters `paging` among others.
    pub(crate) fn from(query: &str, paging: impl Fn(&str) -> bool) -> Self {
        let parameters = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| !paging(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { parameters, links: vec![] }
    }

    /// Adds a link to the part that `parameters` ask for.
    pub(crate) fn add(&mut self, relation: &str, parameters: &[(&str, &str)]) {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.parameters)
            .extend_pairs(parameters)
            .finish();
        self.links.push(format!("<{}?{query}>; rel=\"{relation}\"", paths::POSTS));
    }

    /// The header's value. `None` when there are no links.
    pub(crate) fn value(&self) -> Option<String> {
        Some(self.links.join(", ")).filter(|links| !links.is_empty())
    }
}

/// What `X-Pagination` says, as flask-smorest says it. Past the last page it tells of the others
/// only; of an empty list, only that there are none.
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
    pub(crate) fn new(total: u64, number: PageNumber, size: PageSize) -> Self {
        let (total_pages, number) = (total.div_ceil(size.get().into()), u64::from(number.get()));
        let is_there = (1..=total_pages).contains(&number);
        Self {
            total,
            total_pages,
            first_page: (total_pages > 0).then_some(1),
            last_page: (total_pages > 0).then_some(total_pages),
            page: is_there.then_some(number),
            previous_page: (is_there && number > 1).then(|| number - 1),
            next_page: (number < total_pages).then(|| number + 1),
        }
    }

    /// The links to the pages it tells of.
    pub(crate) fn add_to(&self, links: &mut Links, size: PageSize) {
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
    fn a_page_tells_of_its_neighbours() {
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
    fn past_the_last_page_there_are_only_the_others() {
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
    fn the_last_page_may_be_full() {
        assert_eq!(page(20, 2).total_pages, 2);
        assert_eq!(page(20, 2).next_page, None);
    }

    #[test]
    fn links_keep_the_other_parameters() {
        let query = "q=a+%26b&page=2&page_size=10&x=%C3%A9";
        let mut links = Links::from(query, |name| ["page", "page_size"].contains(&name));

        page(25, 2).add_to(&mut links, PageSize::DEFAULT);

        let link = |number, relation| {
            format!("</api/posts?q=a+%26b&x=%C3%A9&page={number}&page_size=10>; rel=\"{relation}\"")
        };
        let expected = [link(1, "first"), link(1, "prev"), link(3, "next"), link(3, "last")];
        assert_eq!(links.value(), Some(expected.join(", ")));
    }

    #[test]
    fn without_links_there_is_no_header() {
        assert_eq!(Links::from("q=a", |_| false).value(), None);
    }
}
