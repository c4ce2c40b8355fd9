//! The paging parameters of a list: none, a numbered page, or a cursor page.

use domain::{Keyset, PageNumber, PageSize, PostQuery};

use super::{Cursor, Parameters, integer};
use crate::problems::Problems;

/// The parameters of a numbered page.
const NUMBERED: [&str; 2] = ["page", "page_size"];
/// The parameters of a cursor page.
const BY_CURSOR: [&str; 2] = ["limit", "cursor"];

const MESSAGE_MIXED: &str = "Not together with page or page_size.";

/// The requested part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Paging {
    /// The complete list.
    None,
    /// A numbered page.
    Numbered { number: PageNumber, size: PageSize },
    /// A cursor page: the posts after a keyset, or the first posts.
    ByCursor { after: Option<Keyset>, size: PageSize },
}

impl Paging {
    /// Returns whether `name` is a paging parameter.
    pub(crate) fn is_parameter(name: &str) -> bool {
        NUMBERED.contains(&name) || BY_CURSOR.contains(&name)
    }

    /// Parses the paging parameters. A cursor must have been created for `query`.
    ///
    /// Pass `None` as `query` if another parameter is invalid. Then the cursor is not decoded, so
    /// the caller must not use the result. The added problems are correct in both cases.
    pub(crate) fn read(
        parameters: &Parameters,
        query: Option<&PostQuery>,
        problems: &mut Problems,
    ) -> Self {
        let number = |text: &str| integer(text, PageNumber::new);
        let size = |text: &str| integer(text, PageSize::new);
        let keyset = |text: &str| query.map(|query| Cursor::read(query, text)).transpose();
        let has_any = |names: [&str; 2]| names.into_iter().any(|name| parameters.has(name));
        if has_any(NUMBERED) {
            for name in BY_CURSOR.into_iter().filter(|name| parameters.has(name)) {
                problems.add(name, MESSAGE_MIXED);
            }
            Self::Numbered {
                number: parameters.read("page", number, problems).unwrap_or(PageNumber::FIRST),
                size: parameters.read("page_size", size, problems).unwrap_or(PageSize::DEFAULT),
            }
        } else if has_any(BY_CURSOR) {
            Self::ByCursor {
                after: parameters.read("cursor", keyset, problems).flatten(),
                size: parameters.read("limit", size, problems).unwrap_or(PageSize::DEFAULT),
            }
        } else {
            Self::None
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{PostFilter, PostOrder, Scope, Window};

    use super::*;

    fn read(query: &str) -> (Paging, Vec<String>) {
        let every_post = PostQuery {
            scope: Scope::Everything,
            filter: PostFilter::default(),
            order: PostOrder::NEWEST_FIRST,
            window: Window::first(PageSize::DEFAULT),
        };
        let mut problems = Problems::default();
        let paging = Paging::read(&Parameters::of(query), Some(&every_post), &mut problems);
        (paging, problems.by_field().keys().cloned().collect())
    }

    #[test]
    fn without_paging_parameters_the_list_is_complete() {
        assert_eq!(read("published=true&x=1"), (Paging::None, vec![]));
    }

    #[test]
    fn a_numbered_page_has_a_number_and_a_size() {
        for (query, number, size) in
            [("page=3&page_size=25", 3, 25), ("page=2", 2, 10), ("page_size=100", 1, 100)]
        {
            let expected = Paging::Numbered {
                number: PageNumber::new(number).unwrap(),
                size: PageSize::new(size).unwrap(),
            };
            assert_eq!(read(query), (expected, vec![]), "{query}");
        }
    }

    #[test]
    fn a_limit_without_a_cursor_is_the_first_cursor_page() {
        let expected = Paging::ByCursor { after: None, size: PageSize::new(5).unwrap() };

        assert_eq!(read("limit=5"), (expected, vec![]));
    }

    #[test]
    fn all_problems_are_reported() {
        for (query, names) in [
            ("page=0&page_size=101", vec!["page", "page_size"]),
            ("limit=0&cursor=x", vec!["cursor", "limit"]),
            ("page=1&limit=5&cursor=x", vec!["cursor", "limit"]),
            ("page_size=x&limit=5", vec!["limit", "page_size"]),
        ] {
            assert_eq!(read(query).1, names, "{query}");
        }
    }
}
