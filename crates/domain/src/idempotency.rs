//! Idempotent creation: a repeated request creates only one post.

use std::time::Duration;

use garde::Validate;
use sha2::{Digest as _, Sha256};

use crate::{
    KeyId, NewPost, Timestamp,
    rules::{InvalidValue, bounds, checked, only_visible_ascii},
};

/// The key of a request to create a post. A caller that repeats the request sends the same key.
///
/// A store records each request that creates a post, by its key. The record expires after
/// [`IdempotencyKey::TIME_TO_LIVE`].
///
/// A key has [`IdempotencyKey::MIN_CHARS`] to [`IdempotencyKey::MAX_CHARS`] visible ASCII
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Validate)]
pub struct IdempotencyKey(
    #[garde(
        adapt(bounds),
        length(chars, min = IdempotencyKey::MIN_CHARS, max = IdempotencyKey::MAX_CHARS),
        custom(only_visible_ascii)
    )]
    String,
);

impl IdempotencyKey {
    /// The minimum length, in characters.
    pub const MIN_CHARS: usize = 1;
    /// The maximum length, in characters.
    pub const MAX_CHARS: usize = 255;
    /// The time after which the record of a request expires. The key can then be used again.
    pub const TIME_TO_LIVE: Duration = Duration::from_secs(24 * 60 * 60);

    /// Creates a key from `text`, unchanged.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] with a message for every rule that `text` breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidValue> {
        checked(Self(text.into()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request to create a post, with its idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// The key.
    pub key: IdempotencyKey,
    /// The API key of the caller. Requests with different API keys are different requests, even if
    /// their idempotency keys are equal.
    pub owner: Option<KeyId>,
    /// Distinguishes this request from a different request with the same key.
    pub fingerprint: Fingerprint,
    /// When the request was made. The record of this request has expired if `at` is before the
    /// [`expired_before`](Self::expired_before) of a later request.
    pub at: Timestamp,
}

impl KeyedRequest {
    /// Creates the keyed request of a caller for the post `new`. The request is made at the time
    /// `at`.
    #[must_use]
    pub fn new(key: IdempotencyKey, owner: Option<KeyId>, new: &NewPost, at: Timestamp) -> Self {
        Self { key, owner, fingerprint: Fingerprint::of(new), at }
    }

    /// Returns the text that identifies the record of this request: `owner:key`. A store has at
    /// most one record for it.
    #[must_use]
    pub fn record_key(&self) -> String {
        let owner = self.owner.map(|owner| owner.to_string()).unwrap_or_default();
        format!("{owner}:{}", self.key.as_str())
    }

    /// Returns `at` minus [`IdempotencyKey::TIME_TO_LIVE`]. When this request is made, the records
    /// of requests from before that time have expired.
    #[must_use]
    pub fn expired_before(&self) -> Timestamp {
        self.at.minus(IdempotencyKey::TIME_TO_LIVE)
    }
}

/// A SHA-256 hash of the fields of a request to create a post.
///
/// Equal requests have equal fingerprints. Different requests have different fingerprints, except
/// for a collision of SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Creates a fingerprint from its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Hashes every field. The byte 0xff separates the title from the content. It never occurs in
    /// UTF-8, so different fields never result in the same sequence of bytes.
    fn of(new: &NewPost) -> Self {
        const SEPARATOR: [u8; 1] = [0xff];
        let NewPost { title, content, published } = new;
        let mut hash = Sha256::new();
        hash.update([u8::from(*published)]);
        hash.update(title.as_str());
        hash.update(SEPARATOR);
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
    fn a_key_expires_after_a_day() {
        let day = 24 * 60 * 60 * 1_000_000;
        let at = Timestamp::from_unix_micros(day + 5).unwrap();
        let key = IdempotencyKey::new("key").unwrap();

        let request = KeyedRequest::new(key, None, &new_post("A title", "Some content", true), at);

        assert_eq!(request.expired_before().as_unix_micros(), 5);
    }
}
