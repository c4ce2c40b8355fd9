//! Which part of a list is wanted: all of it, a page by its number, or what follows a cursor.

use domain::{Keyset, PageNumber, PageSize, PostQuery};

use super::{Cursor, Parameters, integer};
use crate::problems::Problems;

/// The parameters that ask for a page by its number.
const NUMBERED: [&str; 2] = ["page", "page_size"];
/// The parameters that ask for what follows a cursor.
const BY_CURSOR: [&str; 2] = ["limit", "cursor"];

const MESSAGE_MIXED: &str = "Not together with page or page_size.";

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Paging {
    /// All of it.
    None,
    /// A page.
    Numbered { number: PageNumber, size: PageSize },
    /// What follows a place, or the beginning.
    ByCursor { after: Option<Keyset>, size: PageSize },
}

impl Paging {
    /// Whether the parameter `name` says which part is wanted.
    pub(crate) fn is_parameter(name: &str) -> bool {
        NUMBERED.contains(&name) || BY_CURSOR.contains(&name)
    }

    /// Reads which part of the result of `query` is wanted. Without a query, because that could not
    /// be read, only the problems count.
    pub(crate) fn read(
        parameters: &Parameters,
        query: Option<&PostQuery>,
        problems: &mut Problems,
    ) -> Self {
        let number = |text: &str| integer(text, PageNumber::new);
        let size = |text: &str| integer(text, PageSize::new);
        let keyset = |text: &str| query.map(|query| Cursor::read(query, text)).transpose();
        let has_one = |names: [&str; 2]| names.into_iter().any(|name| parameters.has(name));
        if has_one(NUMBERED) {
            for name in BY_CURSOR.into_iter().filter(|name| parameters.has(name)) {
                problems.add(name, MESSAGE_MIXED);
            }
            Self::Numbered {
                number: parameters.read("page", number, problems).unwrap_or(PageNumber::FIRST),
                size: parameters.read("page_size", size, problems).unwrap_or(PageSize::DEFAULT),
            }
        } else if has_one(BY_CURSOR) {
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
    fn without_parameters_all_is_wanted() {
        assert_eq!(read("published=true&x=1"), (Paging::None, vec![]));
    }

    #[test]
    fn a_page_has_a_number_and_a_size() {
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
    fn without_a_cursor_it_begins_at_the_beginning() {
        let expected = Paging::ByCursor { after: None, size: PageSize::new(5).unwrap() };

        assert_eq!(read("limit=5"), (expected, vec![]));
    }

    #[test]
    fn everything_wrong_is_reported() {
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
