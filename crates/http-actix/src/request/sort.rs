//! The parameter `sort`: in which order posts are listed.

use domain::{Direction, PostOrder, SortKey};

use crate::problems::message_one_of;

/// An order, by the name it has in a URL.
pub(crate) struct Sort(pub(crate) PostOrder);

impl Sort {
    /// The names of all orders.
    pub(crate) fn names() -> impl Iterator<Item = String> {
        PostOrder::ALL.into_iter().map(|order| Self(order).name())
    }

    /// The field that posts are sorted by, with a minus before it where the greatest comes first.
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

    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let order = PostOrder::ALL.into_iter().find(|order| Self(*order).name() == text);
        order.map(Self).ok_or_else(|| vec![message_one_of(Self::names())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_read_by_its_name() {
        for order in PostOrder::ALL {
            assert_eq!(Sort::parse(&Sort(order).name()).ok().unwrap().0, order);
        }
        assert_eq!(Sort(PostOrder::NEWEST_FIRST).name(), "-created_at");
    }

    #[test]
    fn another_name_is_answered_with_those_there_are() {
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
