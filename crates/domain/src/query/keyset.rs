//! Keysets: positions in an order. A cursor page starts after a keyset.

use super::SortKey;
use crate::{Post, PostId, Timestamp, Title};

/// A post's position in an order: its sort value, and its id to break ties. The post may have been
/// deleted since.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keyset {
    /// The sort value.
    pub value: SortValue,
    /// The id. It orders posts with equal sort values.
    pub id: PostId,
}

impl Keyset {
    /// Returns the keyset of `post` in an order by `key`.
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

/// The value of the field that posts are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// When the post was created.
    CreatedAt(Timestamp),
    /// When the post was last written.
    UpdatedAt(Timestamp),
    /// The title.
    Title(Title),
}
