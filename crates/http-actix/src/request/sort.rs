//! The query parameter `sort`: the order of posts in a list.

use domain::{Direction, PostOrder, SortKey};

use crate::problems::message_one_of;

/// An order of posts that has a name in the URL.
pub(crate) struct Sort(pub(crate) PostOrder);

impl Sort {
    /// Returns the names of all orders.
    pub(crate) fn names() -> impl Iterator<Item = String> {
        PostOrder::ALL.into_iter().map(|order| Self(order).name())
    }

    /// Returns the name: the field to sort by, with the prefix `-` for descending order.
    pub(crate) fn name(&self) -> String {
        let field = match self.0.key {
            SortKey::CreatedAt => "created_at",
            SortKey::UpdatedAt => "updated_at",
            SortKey::Title => "title",
        };
        match self.0.direction {
            Direction::Ascending => field.to_owned(),
            Direction::Descending => format!("-{field}"),
        }
    }

    /// Parses the name of an order.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let order = PostOrder::ALL.into_iter().find(|order| Self(*order).name() == text);
        order.map(Self).ok_or_else(|| vec![message_one_of(Self::names())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_parsed_from_its_name() {
        for order in PostOrder::ALL {
            assert_eq!(Sort::parse(&Sort(order).name()).ok().unwrap().0, order);
        }
        assert_eq!(Sort(PostOrder::NEWEST_FIRST).name(), "-created_at");
    }

    #[test]
    fn the_error_for_an_unknown_name_lists_all_names() {
        for text in ["", "id", "+title", "Title", "--title", "title,created_at"] {
            assert_eq!(
                Sort::parse(text).map(|_| ()),
                Err(vec![
                "Must be one of: created_at, -created_at, updated_at, -updated_at, title, -title."
                    .to_owned()
            ])
            );
        }
    }
}
