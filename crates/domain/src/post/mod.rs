//! A post, and the changes it can go through.

mod content;
mod id;
mod title;
mod version;

use thiserror::Error;

pub use content::Content;
pub use id::{MalformedPostId, PostId};
pub use title::Title;
pub use version::{NoVersion, Version};

use crate::Timestamp;

/// What an author gives to make a post. The rest is the blog's to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPost {
    /// The headline.
    pub title: Title,
    /// The body text.
    pub content: Content,
    /// Whether everyone may read it; otherwise it is a draft.
    pub published: bool,
}

impl NewPost {
    /// Whether a post is published when its author does not say.
    pub const PUBLISHED_BY_DEFAULT: bool = true;

    /// A post of which its author says no more than has to be said.
    #[must_use]
    pub const fn new(title: Title, content: Content) -> Self {
        Self { title, content, published: Self::PUBLISHED_BY_DEFAULT }
    }
}

/// What an author wants changed in a post: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostChanges {
    /// A new headline.
    pub title: Option<Title>,
    /// A new body text.
    pub content: Option<Content>,
    /// Publish (`true`) or withdraw (`false`).
    pub published: Option<bool>,
}

/// All there is to a post, field by field, as a store keeps it and as an answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRecord {
    /// Its name for ever.
    pub id: PostId,
    /// The headline.
    pub title: Title,
    /// The body text.
    pub content: Content,
    /// Whether everyone may read it; otherwise it is a draft.
    pub published: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// How often it was written.
    pub version: Version,
}

/// A post: a record that is right as a whole, and stays so through every change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post(PostRecord);

impl Post {
    /// A new post, made at `at`.
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

    /// A post as a store has kept it.
    ///
    /// # Errors
    ///
    /// [`InconsistentRecord`] when it says that it was written before it was made.
    pub fn restore(record: PostRecord) -> Result<Self, InconsistentRecord> {
        if record.updated_at < record.created_at {
            return Err(InconsistentRecord);
        }
        Ok(Self(record))
    }

    /// Writes `changes` into the post at `at`, which makes it the next version of itself, even where
    /// nothing else is other than before. `updated_at` never goes back, even where the clock does.
    pub fn apply(&mut self, changes: &PostChanges, at: Timestamp) {
        let PostChanges { title, content, published } = changes;
        let post = &mut self.0;
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
        post.version = post.version.next();
    }

    /// The post's fields.
    #[must_use]
    pub const fn record(&self) -> &PostRecord {
        &self.0
    }

    /// The post's fields, to keep.
    #[must_use]
    pub fn into_record(self) -> PostRecord {
        self.0
    }

    /// The post's name for ever.
    #[must_use]
    pub const fn id(&self) -> PostId {
        self.0.id
    }
}

/// A stored post that no sequence of changes can have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the post was last written before it was made")]
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
    fn a_new_post_was_written_when_it_was_made() {
        let post = draft().into_record();

        assert_eq!((post.created_at, post.updated_at), (at(100), at(100)));
    }

    #[test]
    fn no_change_but_time_and_version_comes_of_no_changes() {
        let mut post = draft();

        post.apply(&PostChanges::default(), at(101));

        let expected = PostRecord {
            updated_at: at(101),
            version: Version::FIRST.next(),
            ..draft().into_record()
        };
        assert_eq!(post.into_record(), expected);
    }

    #[test]
    fn each_change_is_written_and_nothing_else() {
        let mut post = draft();
        let changes = PostChanges {
            title: Some(Title::new("Another").unwrap()),
            content: Some(Content::new("Other content").unwrap()),
            published: Some(true),
        };

        post.apply(&changes, at(101));

        let expected = PostRecord {
            id: draft().id(),
            title: Title::new("Another").unwrap(),
            content: Content::new("Other content").unwrap(),
            published: true,
            created_at: at(100),
            updated_at: at(101),
            version: Version::FIRST.next(),
        };
        assert_eq!(post.into_record(), expected);
    }

    #[test]
    fn every_write_makes_another_version() {
        let mut post = draft();

        for number in 1..=3 {
            assert_eq!(post.record().version.number(), number);
            post.apply(&PostChanges::default(), at(100));
        }
    }

    #[test]
    fn the_time_of_writing_stays_when_the_clock_goes_back() {
        let mut post = draft();

        post.apply(&PostChanges::default(), at(99));

        assert_eq!(post.record().updated_at, at(100));
    }

    #[test]
    fn a_record_is_restored_as_it_was() {
        let record = draft().into_record();

        assert_eq!(Post::restore(record.clone()).unwrap().into_record(), record);
    }

    #[test]
    fn a_record_written_before_it_was_made_is_no_post() {
        let record = PostRecord { updated_at: at(99), ..draft().into_record() };

        assert_eq!(Post::restore(record), Err(InconsistentRecord));
    }
}
