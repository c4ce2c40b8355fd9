//! An API key as its owner sends it.

use std::{fmt, str::FromStr};

use base16ct::lower;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use uuid::Uuid;

use super::{KeyId, Secret};

/// The first characters of every key. Secret scanners find keys by this prefix.
const PREFIX: &str = "blog_";

/// An API key as its owner sends it: `blog_<id>_<secret><checksum>`.
///
/// The id has 32 lower-case hexadecimal digits, the secret has 64 and the checksum has 8. The
/// checksum is the first 4 bytes of the SHA-256 hash of the text before the checksum. With the
/// checksum, the server detects typing errors without a read of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyText {
    /// The id of the key.
    pub id: KeyId,
    /// The secret of the key.
    pub secret: Secret,
}

impl KeyText {
    /// Returns the text of the key.
    ///
    /// The text contains the secret. Show it only to the owner of the key.
    #[must_use]
    pub fn reveal(&self) -> String {
        let mut text =
            format!("{PREFIX}{}_{}", self.id, lower::encode_string(self.secret.as_bytes()));
        text.push_str(&checksum(&text));
        text
    }
}

/// Returns the checksum of `text`, which precedes the checksum in a key.
fn checksum(text: &str) -> String {
    let [first, second, third, fourth, ..] = <[u8; 32]>::from(Sha256::digest(text));
    lower::encode_string(&[first, second, third, fourth])
}

/// Parses exactly `BYTES` bytes from lower-case hexadecimal digits.
pub(super) fn from_hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    let length = lower::decode(text, &mut bytes).ok()?.len();
    (length == BYTES).then_some(bytes)
}

/// The error of a text that is not an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an API key")]
pub struct MalformedKey;

impl FromStr for KeyText {
    type Err = MalformedKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (id, rest) = text.strip_prefix(PREFIX)?.split_once('_')?;
            let (secret, given) = rest.split_at_checked(2 * Secret::BYTES)?;
            let signed = text.get(..text.len() - given.len())?;
            if given != checksum(signed) {
                return None;
            }
            let id = KeyId::new(Uuid::from_bytes(from_hex(id)?));
            Some(Self { id, secret: Secret::new(from_hex(secret)?) })
        };
        parse().ok_or(MalformedKey)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_uuid().simple().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> KeyText {
        KeyText { id: KeyId::new(Uuid::from_u128(0xab)), secret: Secret::new([0x5a; 32]) }
    }

    #[test]
    fn a_key_has_a_prefix_an_id_a_secret_and_a_checksum() {
        let text = key().reveal();

        let start = format!("blog_{:0>32}_{}", "ab", "5a".repeat(32));
        assert!(text.starts_with(&start), "{text}");
        assert_eq!(text.len(), start.len() + 8);
    }

    #[test]
    fn a_changed_or_cut_key_is_malformed() {
        let text = key().reveal();
        for cut in 0..text.len() {
            assert_eq!(text[..cut].parse::<KeyText>(), Err(MalformedKey));
            let mut changed = text.clone();
            let other = if &text[cut..=cut] == "0" { "1" } else { "0" };
            changed.replace_range(cut..=cut, other);
            assert_eq!(changed.parse::<KeyText>(), Err(MalformedKey), "{changed}");
        }
        for other in [format!("{text}0"), format!(" {text}"), text.to_uppercase()] {
            assert_eq!(other.parse::<KeyText>(), Err(MalformedKey), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_key_parses_as_it_is_revealed(id: u128, secret: [u8; 32]) {
            let key = KeyText { id: KeyId::new(Uuid::from_u128(id)), secret: Secret::new(secret) };

            prop_assert_eq!(key.reveal().parse(), Ok(key));
        }

        #[test]
        fn parsing_never_panics(text in "(blog_)?\\PC{0,150}") {
            let _ = text.parse::<KeyText>();
        }
    }
}
