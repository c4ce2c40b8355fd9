//! Preview links. A link shows one post to callers without a key, until the link expires.

use std::time::Duration;

use base16ct::lower;
use garde::Validate;
use hmac::{Hmac, KeyInit as _, Mac as _, digest::Key};
use sha2::Sha256;
use thiserror::Error;

use super::{Secret, key_text::from_hex};
use crate::{
    PostId, Timestamp,
    rules::{InvalidValue, bounds, checked},
};

/// How long a preview link is valid, in seconds: [`PreviewLifetime::MIN`] to
/// [`PreviewLifetime::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Validate)]
pub struct PreviewLifetime(
    #[garde(adapt(bounds), range(min = PreviewLifetime::MIN, max = PreviewLifetime::MAX))] u32,
);

impl PreviewLifetime {
    /// The minimum, in seconds.
    pub const MIN: u32 = 1;
    /// The maximum, in seconds: 30 days.
    pub const MAX: u32 = 30 * 24 * 60 * 60;
    /// The default: one day.
    pub const DEFAULT: Self = Self(24 * 60 * 60);

    /// Creates a lifetime from a number of seconds.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] if the number is out of range.
    pub fn new(seconds: u32) -> Result<Self, InvalidValue> {
        checked(Self(seconds))
    }

    /// Returns the number of seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// A token that shows one post to any caller until the token expires.
///
/// The text is `<time>-<signature>`. The time is the number of seconds since 1970, in hexadecimal
/// digits. The signature is an HMAC-SHA256 (RFC 2104) of a constant, the id of the post and the
/// time. The server does not store tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewToken {
    /// The text of the token.
    pub text: String,
    /// When the token expires, in whole seconds.
    pub expires_at: Timestamp,
}

impl PreviewToken {
    /// Creates a token for a post.
    #[must_use]
    pub fn sign(secret: &Secret, post: PostId, now: Timestamp, lifetime: PreviewLifetime) -> Self {
        let end = now.whole_seconds().plus(Duration::from_secs(lifetime.seconds().into()));
        let expires_at = end.whole_seconds();
        let seconds = expires_at.as_unix_micros() / MICROS;
        let signature = mac(secret, post, seconds).finalize().into_bytes();
        Self { text: format!("{seconds:x}-{}", lower::encode_string(&signature)), expires_at }
    }

    /// Returns the id of the post if the token `text` is valid for the post `id` at the time `now`.
    ///
    /// # Errors
    ///
    /// [`InvalidPreview`] if the token has expired, is for another post, or has a wrong signature.
    pub fn verify(
        text: &str,
        secret: &Secret,
        id: PostId,
        now: Timestamp,
    ) -> Result<PreviewedPost, InvalidPreview> {
        let (seconds, signature) = text.split_once('-').ok_or(InvalidPreview)?;
        let text = seconds;
        let seconds = i64::from_str_radix(text, 16).map_err(|_| InvalidPreview)?;
        // There is one text for each token, without a sign and without zeros at the start.
        if format!("{seconds:x}") != text {
            return Err(InvalidPreview);
        }
        let signature: [u8; 32] = from_hex(signature).ok_or(InvalidPreview)?;
        // Compares in constant time, so that the time does not reveal the correct signature.
        mac(secret, id, seconds).verify(&signature.into()).map_err(|_| InvalidPreview)?;
        let is_expired = now.as_unix_micros() >= seconds.saturating_mul(MICROS);
        if is_expired { Err(InvalidPreview) } else { Ok(PreviewedPost(id)) }
    }
}

/// The number of microseconds in a second.
const MICROS: i64 = 1_000_000;

/// The constant at the start of the signed data. If the same secret later signs other data, a
/// signature of that data is not valid as a preview token.
const PURPOSE: &[u8] = b"preview of a post\0";

fn mac(secret: &Secret, id: PostId, seconds: i64) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros (RFC 2104, section 2).
    let mut key = Key::<Hmac<Sha256>>::default();
    for (padded, byte) in key.iter_mut().zip(secret.as_bytes()) {
        *padded = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&key);
    mac.update(PURPOSE);
    mac.update(id.as_uuid().as_bytes());
    mac.update(&seconds.to_be_bytes());
    mac
}

/// The id of a post that a valid token shows. Only [`PreviewToken::verify`] creates this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewedPost(PostId);

impl PreviewedPost {
    /// Returns the id of the post.
    #[must_use]
    pub const fn id(self) -> PostId {
        self.0
    }
}

/// The error of a preview token that is invalid or has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the preview token is invalid or has expired")]
pub struct InvalidPreview;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const SECRET: Secret = Secret::new([1; 32]);

    fn time(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros(seconds * MICROS).unwrap()
    }

    fn id(n: u128) -> PostId {
        PostId::new(Uuid::from_u128(n))
    }

    fn token() -> PreviewToken {
        PreviewToken::sign(&SECRET, id(1), time(100), PreviewLifetime::new(50).unwrap())
    }

    #[test]
    fn a_token_shows_its_post_until_it_expires() {
        let PreviewToken { text, expires_at } = token();

        assert_eq!(expires_at, time(150));
        assert_eq!(PreviewToken::verify(&text, &SECRET, id(1), time(149)).unwrap().id(), id(1));
        assert!(PreviewToken::verify(&text, &SECRET, id(1), time(150)).is_err());
    }

    #[test]
    fn a_token_is_invalid_for_another_post_or_with_another_secret() {
        let text = token().text;

        assert!(PreviewToken::verify(&text, &SECRET, id(2), time(100)).is_err());
        assert!(PreviewToken::verify(&text, &Secret::new([2; 32]), id(1), time(100)).is_err());
    }

    #[test]
    fn a_lifetime_has_at_most_30_days() {
        assert!(PreviewLifetime::new(PreviewLifetime::MIN).is_ok());
        assert!(PreviewLifetime::new(PreviewLifetime::MAX).is_ok());
        assert!(PreviewLifetime::new(PreviewLifetime::MIN - 1).is_err());
        assert!(PreviewLifetime::new(PreviewLifetime::MAX + 1).is_err());
    }

    #[test]
    fn a_changed_token_is_invalid() {
        let text = token().text;
        for position in 0..text.len() {
            let mut changed = text.clone();
            let other = if &text[position..=position] == "0" { "1" } else { "0" };
            changed.replace_range(position..=position, other);
            assert!(PreviewToken::verify(&changed, &SECRET, id(1), time(0)).is_err(), "{changed}");
        }
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_token(text in "[0-9a-f-]{0,80}|\\PC{0,80}") {
            prop_assert!(PreviewToken::verify(&text, &SECRET, id(1), Timestamp::MIN).is_err());
        }
    }
}
