//! The order of a result.

/// The order of a result. Posts with equal sort values are ordered by id, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PostOrder {
    /// The field to sort by.
    pub key: SortKey,
    /// Whether values ascend or descend.
    pub direction: Direction,
}

impl PostOrder {
    /// By creation time, newest first. This is the default.
    pub const NEWEST_FIRST: Self =
        Self { key: SortKey::CreatedAt, direction: Direction::Descending };

    /// Every order.
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

/// A field to sort posts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// When the post was created.
    CreatedAt,
    /// When the post was last written.
    UpdatedAt,
    /// The title, compared by Unicode code point. The order is the same in every store and locale.
    Title,
}

/// Whether values ascend or descend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The least value first.
    Ascending,
    /// The greatest value first.
    Descending,
}
