//! Which posts to list, in which order, and how many at a time.

use garde::Validate;

use crate::{
    Post, PostId, Search, Timestamp, Title,
    rules::{InvalidValue, checked, wording},
};

/// Which posts to list, and in which order. The default is all of them, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Which.
    pub filter: PostFilter,
    /// In which order.
    pub order: PostOrder,
}

/// Which posts to list. The default is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostFilter {
    /// Only the published ones (`true`) or only the drafts (`false`).
    pub published: Option<bool>,
    /// Only those that have all of these words.
    pub search: Search,
}

/// In which order posts are listed. Those of which it says nothing come in the order of their ids,
/// in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PostOrder {
    /// What posts are compared by.
    pub key: SortKey,
    /// Whether the least comes first or the greatest.
    pub direction: Direction,
}

impl PostOrder {
    /// The order of a list that nobody has asked to be in another.
    pub const NEWEST_FIRST: Self =
        Self { key: SortKey::CreatedAt, direction: Direction::Descending };

    /// Every order there is.
    pub const ALL: [Self; 6] = {
        use {Direction::*, SortKey::*};
        [
            Self { key: CreatedAt, direction: Ascending },
            Self { key: CreatedAt, direction: Descending },
            Self { key: UpdatedAt, direction: Ascending },
            Self { key: UpdatedAt, direction: Descending },
            Self { key: Title, direction: Ascending },
            Self { key: Title, direction: Descending },
        ]
    };
}

impl Default for PostOrder {
    fn default() -> Self {
        Self::NEWEST_FIRST
    }
}

/// What posts are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// When they were made.
    CreatedAt,
    /// When they were last written.
    UpdatedAt,
    /// Their titles, by Unicode code point: the same in every store, whatever its language.
    Title,
}

/// Which end of an order comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The least.
    Ascending,
    /// The greatest.
    Descending,
}

/// A post's place in an order. It need not be that of a post that still exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// What it is compared by.
    pub value: SortValue,
    /// What tells apart posts of the same value.
    pub id: PostId,
}

impl Position {
    /// The place that `post` has among posts compared by `key`.
    #[must_use]
    pub fn of(post: &Post, key: SortKey) -> Self {
        let record = post.record();
        let value = match key {
            SortKey::CreatedAt => SortValue::CreatedAt(record.created_at),
            SortKey::UpdatedAt => SortValue::UpdatedAt(record.updated_at),
            SortKey::Title => SortValue::Title(record.title.clone()),
        };
        Self { value, id: record.id }
    }
}

/// What a post is compared by, and its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// When it was made.
    CreatedAt(Timestamp),
    /// When it was last written.
    UpdatedAt(Timestamp),
    /// Its title.
    Title(Title),
}

impl SortValue {
    /// What posts with such a value are compared by.
    #[must_use]
    pub const fn key(&self) -> SortKey {
        match self {
            Self::CreatedAt(_) => SortKey::CreatedAt,
            Self::UpdatedAt(_) => SortKey::UpdatedAt,
            Self::Title(_) => SortKey::Title,
        }
    }
}

/// How many posts there may be on a page: 1 to [`PageSize::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Validate)]
pub struct PageSize(#[garde(adapt(wording), range(min = PageSize::MIN, max = PageSize::MAX))] u32);

impl PageSize {
    /// The fewest.
    pub const MIN: u32 = 1;
    /// The most.
    pub const MAX: u32 = 100;
    /// As many as can be.
    pub const LARGEST: Self = Self(Self::MAX);
    /// What counts where nobody has said how many.
    pub const DEFAULT: Self = Self(10);

    /// A page of up to `posts` posts.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] when that is out of bounds.
    pub fn new(posts: u32) -> Result<Self, InvalidValue> {
        checked(Self(posts))
    }

    /// How many posts.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Which page of a list: 1 to [`PageNumber::MAX`], which is beyond any list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Validate)]
pub struct PageNumber(
    #[garde(adapt(wording), range(min = PageNumber::MIN, max = PageNumber::MAX))] u32,
);

impl PageNumber {
    /// The first.
    pub const MIN: u32 = 1;
    /// The greatest: what a signed integer of 32 bits can hold.
    pub const MAX: u32 = i32::MAX.unsigned_abs();
    /// The first page.
    pub const FIRST: Self = Self(Self::MIN);

    /// The page of the number `page`.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] when that is out of bounds.
    pub fn new(page: u32) -> Result<Self, InvalidValue> {
        checked(Self(page))
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How many posts there are on the pages before this one.
    pub(crate) fn offset(self, size: PageSize) -> u64 {
        u64::from(self.0 - Self::MIN) * u64::from(size.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_from_one_post_to_a_hundred() {
        for posts in [1, 10, 100] {
            assert_eq!(PageSize::new(posts).unwrap().get(), posts);
        }
        for posts in [0, 101, u32::MAX] {
            assert_eq!(
                PageSize::new(posts).unwrap_err().into_messages(),
                ["Must be greater than or equal to 1 and less than or equal to 100."]
            );
        }
    }

    #[test]
    fn pages_count_from_one() {
        assert!(PageNumber::new(0).is_err());
        assert_eq!(PageNumber::new(1).unwrap(), PageNumber::FIRST);
        assert!(PageNumber::new(PageNumber::MAX).is_ok());
        assert!(PageNumber::new(PageNumber::MAX + 1).is_err());
    }

    #[test]
    fn before_a_page_there_are_all_posts_of_the_pages_before() {
        let size = PageSize::new(100).unwrap();

        assert_eq!(PageNumber::FIRST.offset(size), 0);
        assert_eq!(PageNumber::new(3).unwrap().offset(size), 200);
        let last = PageNumber::new(PageNumber::MAX).unwrap();
        assert_eq!(last.offset(size), 214_748_364_600);
    }
}
