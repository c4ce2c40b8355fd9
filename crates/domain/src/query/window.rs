//! Which part of a result to return.

use garde::Validate;

use super::Keyset;
use crate::rules::{InvalidValue, bounds, checked};

/// Which part of a result to return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Where the part starts.
    pub start: Start,
    /// The maximum number of posts to return.
    pub limit: u32,
}

/// Where a part of a result starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At the first post.
    First,
    /// After this keyset. It must be a keyset of the query's order.
    After(Keyset),
    /// After this many posts.
    Offset(u64),
}

impl Window {
    /// The first `size` posts.
    #[must_use]
    pub const fn first(size: PageSize) -> Self {
        Self { start: Start::First, limit: size.get() }
    }

    /// The first `size` posts after `keyset`, or the first `size` posts if there is no keyset.
    #[must_use]
    pub fn after(keyset: Option<Keyset>, size: PageSize) -> Self {
        Self { start: keyset.map_or(Start::First, Start::After), limit: size.get() }
    }

    /// The page with this number, when each page has `size` posts.
    #[must_use]
    pub fn page(number: PageNumber, size: PageSize) -> Self {
        Self { start: Start::Offset(number.offset(size)), limit: size.get() }
    }
}

/// The size of a page: [`PageSize::MIN`] to [`PageSize::MAX`] posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Validate)]
pub struct PageSize(#[garde(adapt(bounds), range(min = PageSize::MIN, max = PageSize::MAX))] u32);

impl PageSize {
    /// The smallest size.
    pub const MIN: u32 = 1;
    /// The largest size.
    pub const MAX: u32 = 100;
    /// The largest size, as a [`PageSize`].
    pub const LARGEST: Self = Self(Self::MAX);
    /// The default size.
    pub const DEFAULT: Self = Self(10);

    /// Creates a page size from a number of posts.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] when `posts` is out of bounds.
    pub fn new(posts: u32) -> Result<Self, InvalidValue> {
        checked(Self(posts))
    }

    /// Returns the number of posts.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The number of a page: [`PageNumber::MIN`] to [`PageNumber::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Validate)]
pub struct PageNumber(
    #[garde(adapt(bounds), range(min = PageNumber::MIN, max = PageNumber::MAX))] u32,
);

impl PageNumber {
    /// The number of the first page.
    pub const MIN: u32 = 1;
    /// The greatest number: the greatest signed 32-bit integer.
    pub const MAX: u32 = i32::MAX.unsigned_abs();
    /// The first page.
    pub const FIRST: Self = Self(Self::MIN);

    /// Creates the page number `page`.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] when `page` is out of bounds.
    pub fn new(page: u32) -> Result<Self, InvalidValue> {
        checked(Self(page))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Returns the number of posts on the pages before this page.
    fn offset(self, size: PageSize) -> u64 {
        u64::from(self.0 - Self::MIN) * u64::from(size.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_size_is_from_1_to_100() {
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
    fn page_numbers_start_at_1() {
        assert!(PageNumber::new(0).is_err());
        assert_eq!(PageNumber::new(1).unwrap(), PageNumber::FIRST);
        assert!(PageNumber::new(PageNumber::MAX).is_ok());
        assert!(PageNumber::new(PageNumber::MAX + 1).is_err());
    }

    #[test]
    fn a_page_starts_after_the_posts_of_the_pages_before_it() {
        let size = PageSize::LARGEST;
        let last = PageNumber::new(PageNumber::MAX).unwrap();
        for (number, offset) in
            [(PageNumber::FIRST, 0), (PageNumber::new(3).unwrap(), 200), (last, 214_748_364_600)]
        {
            let expected = Window { start: Start::Offset(offset), limit: 100 };
            assert_eq!(Window::page(number, size), expected);
        }
    }
}
