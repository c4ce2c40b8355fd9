//! Making a post once, however often it is asked for.

use std::time::Duration;

use garde::Validate;
use sha2::{Digest as _, Sha256};

use crate::{
    NewPost, Timestamp,
    rules::{InvalidValue, checked, only_visible_ascii, wording},
};

/// What a caller names a request to make a post by, so that the same request again makes no second
/// one: 1 to [`IdempotencyKey::MAX_CHARS`] visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Validate)]
pub struct IdempotencyKey(
    #[garde(
        adapt(wording),
        length(chars, min = IdempotencyKey::MIN_CHARS, max = IdempotencyKey::MAX_CHARS),
        custom(only_visible_ascii)
    )]
    String,
);

impl IdempotencyKey {
    /// The fewest characters a key may have.
    pub const MIN_CHARS: usize = 1;
    /// The most characters a key may have.
    pub const MAX_CHARS: usize = 255;
    /// For how long a key is remembered.
    pub const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

    /// Makes a key of `text`, unchanged.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] with every rule that `text` breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidValue> {
        checked(Self(text.into()))
    }

    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request to make a post, under the name its caller gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// The name.
    pub key: IdempotencyKey,
    /// What tells this request from another of the same name.
    pub fingerprint: Fingerprint,
    /// When it was made. What was recorded before [`forgotten_before`](Self::forgotten_before)
    /// does not count.
    pub at: Timestamp,
}

impl KeyedRequest {
    /// The request to make `new` at `at`.
    #[must_use]
    pub fn new(key: IdempotencyKey, new: &NewPost, at: Timestamp) -> Self {
        Self { key, fingerprint: Fingerprint::of(new), at }
    }

    /// The moment up to which keys are forgotten at the time of this request.
    #[must_use]
    pub fn forgotten_before(&self) -> Timestamp {
        self.at.minus(IdempotencyKey::KEPT)
    }
}

/// Stands for what a post is to be made of: equal for equal requests and, as good as certainly, for
/// no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint that is these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The SHA-256 of what the author gives, each text behind a byte that no text has: no two
    /// posts run together into the same bytes.
    fn of(new: &NewPost) -> Self {
        const BETWEEN: [u8; 1] = [0xff];
        let NewPost { title, content, published } = new;
        let mut hash = Sha256::new();
        hash.update([u8::from(*published)]);
        hash.update(title.as_str());
        hash.update(BETWEEN);
        hash.update(content.as_str());
        Self(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Content, Title};

    fn new_post(title: &str, content: &str, published: bool) -> NewPost {
        let new = NewPost::new(Title::new(title).unwrap(), Content::new(content).unwrap());
        NewPost { published, ..new }
    }

    #[test]
    fn a_key_is_visible_ascii_of_a_bounded_length() {
        for text in ["k", "!~", &"k".repeat(IdempotencyKey::MAX_CHARS)] {
            assert_eq!(IdempotencyKey::new(text).unwrap().as_str(), text);
        }
        for (text, message) in [
            ("", "Length must be between 1 and 255."),
            (&*"k".repeat(IdempotencyKey::MAX_CHARS + 1), "Length must be between 1 and 255."),
            ("a b", "Only visible ASCII characters are allowed."),
            ("é", "Only visible ASCII characters are allowed."),
        ] {
            assert_eq!(IdempotencyKey::new(text).unwrap_err().into_messages(), [message]);
        }
    }

    #[test]
    fn requests_have_the_same_fingerprint_exactly_when_they_are_the_same() {
        let of = |title, content, published| Fingerprint::of(&new_post(title, content, published));
        let one = of("A title", "Some content", true);

        assert_eq!(one, of("A title", "Some content", true));
        for other in [
            of("A title", "Some content", false),
            of("A titles", "ome content", true),
            of("A titl", "eSome content", true),
            of("A title", "Some contents", true),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_key_is_forgotten_after_a_day() {
        let day = 24 * 60 * 60 * 1_000_000;
        let at = Timestamp::from_unix_micros(day + 5).unwrap();
        let key = IdempotencyKey::new("key").unwrap();

        let request = KeyedRequest::new(key, &new_post("A title", "Some content", true), at);

        assert_eq!(request.forgotten_before().as_unix_micros(), 5);
    }
}
