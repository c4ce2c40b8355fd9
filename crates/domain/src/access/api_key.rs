//! An API key as stored.

use garde::Validate;
use uuid::Uuid;

use super::{KeyScope, SecretHash};
use crate::{
    Timestamp,
    rules::{InvalidValue, bounds, checked, no_control_character},
};

/// The id of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Uuid);

impl KeyId {
    /// Creates an id from a UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Returns the id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// The name that an operator gives to a key: [`KeyName::MIN_CHARS`] to [`KeyName::MAX_CHARS`]
/// Unicode code points, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Validate)]
pub struct KeyName(
    #[garde(
        adapt(bounds),
        length(chars, min = KeyName::MIN_CHARS, max = KeyName::MAX_CHARS),
        custom(no_control_character)
    )]
    String,
);

impl KeyName {
    /// The minimum length, in code points.
    pub const MIN_CHARS: usize = 1;
    /// The maximum length, in code points.
    pub const MAX_CHARS: usize = 100;

    /// Creates a name from `text`, unchanged.
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

/// An API key as stored.
///
/// It contains the hash of the secret, and not the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id.
    pub id: KeyId,
    /// The name.
    pub name: KeyName,
    /// The requests that the key allows.
    pub scope: KeyScope,
    /// The hash of the secret.
    pub hash: SecretHash,
    /// When the key was created.
    pub created_at: Timestamp,
    /// When the key expires. `None`: the key never expires.
    pub expires_at: Option<Timestamp>,
    /// When the key was revoked. `None`: the key is not revoked.
    pub revoked_at: Option<Timestamp>,
    /// When the key was last used. `None`: the key was never used.
    ///
    /// The last use can be up to [`ApiKey::LAST_USE_PRECISION`] later than this time.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// The minimum time between two recorded uses of a key.
    ///
    /// Without a minimum, each request with a key would cause a write.
    pub const LAST_USE_PRECISION: std::time::Duration = std::time::Duration::from_secs(60);

    /// Returns whether the key is valid at the time `now`: not revoked and not expired.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Returns whether a use at the time `now` must be recorded.
    #[must_use]
    pub fn must_record_use(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| last <= now.minus(Self::LAST_USE_PRECISION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn time(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros(seconds * 1_000_000).unwrap()
    }

    fn key() -> ApiKey {
        ApiKey {
            id: KeyId::new(Uuid::nil()),
            name: KeyName::new("deploy").unwrap(),
            scope: KeyScope::Read,
            hash: Secret::new([0; 32]).hash(),
            created_at: time(0),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    #[test]
    fn a_key_is_active_until_it_expires_or_is_revoked() {
        let expiring = ApiKey { expires_at: Some(time(10)), ..key() };

        assert!(key().is_active(Timestamp::MAX));
        assert!(expiring.is_active(time(9)));
        assert!(!expiring.is_active(time(10)));
        assert!(!ApiKey { revoked_at: Some(time(0)), ..key() }.is_active(time(0)));
    }

    #[test]
    fn a_use_is_recorded_at_most_once_a_minute() {
        let used = ApiKey { last_used_at: Some(time(100)), ..key() };

        assert!(key().must_record_use(time(0)));
        assert!(!used.must_record_use(time(159)));
        assert!(used.must_record_use(time(160)));
    }

    #[test]
    fn a_name_has_up_to_100_characters_and_no_control_character() {
        assert!(KeyName::new("n".repeat(KeyName::MAX_CHARS)).is_ok());
        assert!(KeyName::new("n".repeat(KeyName::MAX_CHARS + 1)).is_err());
        for text in ["", "a\nb", "\u{1b}[31m", "a\0"] {
            assert!(KeyName::new(text).is_err(), "{text:?}");
        }
    }
}
