//! A post, and the changes that can be made to it.

mod content;
mod id;
mod title;
mod version;

use thiserror::Error;

pub use content::Content;
pub use id::{MalformedPostId, PostId};
pub use title::Title;
pub use version::{InvalidVersion, Version};

use crate::Timestamp;

/// The fields that an author provides for a new post. The blog adds the id, the times and the
/// version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPost {
    /// The title.
    pub title: Title,
    /// The content.
    pub content: Content,
    /// Whether the post is published. Otherwise it is a draft.
    pub published: bool,
}

impl NewPost {
    /// Whether a new post is published when its author does not specify it.
    pub const PUBLISHED_BY_DEFAULT: bool = true;

    /// Creates a new post with the required fields. The other fields have their defaults.
    #[must_use]
    pub const fn new(title: Title, content: Content) -> Self {
        Self { title, content, published: Self::PUBLISHED_BY_DEFAULT }
    }
}

/// The changes to a post. `None` leaves a field unchanged.
///
/// No field can be empty yet. A new field that can be empty must have the type
/// `Option<Option<T>>`, so that `Some(None)` clears it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostChanges {
    /// A new title.
    pub title: Option<Title>,
    /// A new content.
    pub content: Option<Content>,
    /// Publishes the post (`true`), or makes it a draft (`false`).
    pub published: Option<bool>,
}

/// The fields of a post, as a store reads and writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRecord {
    /// The id, which never changes.
    pub id: PostId,
    /// The title.
    pub title: Title,
    /// The content.
    pub content: Content,
    /// Whether the post is published. Otherwise it is a draft.
    pub published: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// The version. Every write increments it.
    pub version: Version,
}

/// A post: a [`PostRecord`] whose `updated_at` is not before its `created_at`. Every change keeps
/// this rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post(PostRecord);

impl Post {
    /// Creates a new post at the time `at`.
    #[must_use]
    pub fn create(id: PostId, new: NewPost, at: Timestamp) -> Self {
        let NewPost { title, content, published } = new;
        Self(PostRecord {
            id,
            title,
            content,
            published,
            created_at: at,
            updated_at: at,
            version: Version::FIRST,
        })
    }

    /// Creates a post from a stored record.
    ///
    /// # Errors
    ///
    /// [`InconsistentRecord`] when `updated_at` is before `created_at`.
    pub fn restore(record: PostRecord) -> Result<Self, InconsistentRecord> {
        if record.updated_at < record.created_at {
            return Err(InconsistentRecord);
        }
        Ok(Self(record))
    }

    /// Applies `changes` at the time `at`. Increments the version even when no field changes.
    /// `updated_at` never goes back, even when the clock goes back.
    ///
    /// # Errors
    ///
    /// [`InvalidVersion`] when the post has the greatest version. The post is unchanged.
    pub fn apply(&mut self, changes: &PostChanges, at: Timestamp) -> Result<(), InvalidVersion> {
        let PostChanges { title, content, published } = changes;
        let post = &mut self.0;
        post.version = post.version.next()?;
        if let Some(title) = title {
            post.title = title.clone();
        }
        if let Some(content) = content {
            post.content = content.clone();
        }
        if let Some(published) = published {
            post.published = *published;
        }
        post.updated_at = post.updated_at.max(at);
        Ok(())
    }

    /// Returns the fields.
    #[must_use]
    pub const fn record(&self) -> &PostRecord {
        &self.0
    }

    /// Converts the post into its fields.
    #[must_use]
    pub fn into_record(self) -> PostRecord {
        self.0
    }

    /// Returns the size of the title and the content, in bytes of UTF-8.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.0.title.as_str().len() + self.0.content.as_str().len()
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> PostId {
        self.0.id
    }
}

/// The error of a record whose `updated_at` is before its `created_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the post was last written before it was created")]
pub struct InconsistentRecord;

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros(seconds * 1_000_000).unwrap()
    }

    fn draft() -> Post {
        let new = NewPost {
            published: false,
            ..NewPost::new(Title::new("A title").unwrap(), Content::new("Some content").unwrap())
        };
        Post::create(PostId::new(Uuid::from_u128(1)), new, at(100))
    }

    #[test]
    fn a_new_post_was_last_written_when_it_was_created() {
        let post = draft().into_record();

        assert_eq!((post.created_at, post.updated_at), (at(100), at(100)));
    }

    #[test]
    fn empty_changes_change_only_time_and_version() {
        let mut post = draft();

        post.apply(&PostChanges::default(), at(101)).unwrap();

        let expected = PostRecord {
            updated_at: at(101),
            version: Version::FIRST.next().unwrap(),
            ..draft().into_record()
        };
        assert_eq!(post.into_record(), expected);
    }

    #[test]
    fn each_change_is_applied_and_nothing_else() {
        let mut post = draft();
        let changes = PostChanges {
            title: Some(Title::new("Another").unwrap()),
            content: Some(Content::new("Other content").unwrap()),
            published: Some(true),
        };

        post.apply(&changes, at(101)).unwrap();

        let expected = PostRecord {
            id: draft().id(),
            title: Title::new("Another").unwrap(),
            content: Content::new("Other content").unwrap(),
            published: true,
            created_at: at(100),
            updated_at: at(101),
            version: Version::FIRST.next().unwrap(),
        };
        assert_eq!(post.into_record(), expected);
    }

    #[test]
    fn every_write_raises_the_version() {
        let mut post = draft();

        for number in 1..=3 {
            assert_eq!(post.record().version.number(), number);
            post.apply(&PostChanges::default(), at(100)).unwrap();
        }
    }

    #[test]
    fn the_time_of_the_last_write_does_not_go_back_with_the_clock() {
        let mut post = draft();

        post.apply(&PostChanges::default(), at(99)).unwrap();

        assert_eq!(post.record().updated_at, at(100));
    }

    #[test]
    fn a_record_is_restored_unchanged() {
        let record = draft().into_record();

        assert_eq!(Post::restore(record.clone()).unwrap().into_record(), record);
    }

    #[test]
    fn a_record_that_was_written_before_it_was_created_is_an_error() {
        let record = PostRecord { updated_at: at(99), ..draft().into_record() };

        assert_eq!(Post::restore(record), Err(InconsistentRecord));
    }
}
