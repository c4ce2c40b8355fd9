//! The use cases of API keys.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use thiserror::Error;

use crate::{
    ApiKey, KeyId, KeyName, KeyScope, KeyText, Viewer,
    ports::{ApiKeyRepository, Clock, IdGenerator, RepositoryError, SecretGenerator},
};

/// The use cases of API keys. Cheap to clone: clones share their adapters.
#[derive(Clone)]
pub struct KeyService {
    keys: Arc<dyn ApiKeyRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    secrets: Arc<dyn SecretGenerator>,
}

impl KeyService {
    /// Creates the service. `keys` is the store of the keys.
    #[must_use]
    pub fn new(
        keys: Arc<dyn ApiKeyRepository>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
        secrets: Arc<dyn SecretGenerator>,
    ) -> Self {
        Self { keys, clock, ids, secrets }
    }

    /// Creates a key and returns the text of the key. The store does not have this text.
    ///
    /// # Errors
    ///
    /// Any [`KeyError`] except [`KeyError::Invalid`], [`KeyError::NotFound`] and
    /// [`KeyError::Inactive`].
    pub async fn create(
        &self,
        name: KeyName,
        scope: KeyScope,
        lifetime: Option<Duration>,
    ) -> Result<KeyText, KeyError> {
        let secret = self.secrets.generate().map_err(KeyError::Random)?;
        let created_at = self.clock.now();
        let key = ApiKey {
            id: KeyId::new(self.ids.generate()),
            name,
            scope,
            hash: secret.hash(),
            created_at,
            expires_at: lifetime.map(|lifetime| created_at.plus(lifetime)),
            revoked_at: None,
            last_used_at: None,
        };
        self.keys.insert_key(&key).await.map_err(KeyError::from_repository)?;
        Ok(KeyText { id: key.id, secret })
    }

    /// Returns all keys, the oldest first.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unavailable`], [`KeyError::Overloaded`] and [`KeyError::Internal`].
    pub async fn list(&self) -> Result<Vec<ApiKey>, KeyError> {
        self.keys.list_keys().await.map_err(KeyError::from_repository)
    }

    /// Revokes a key.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotFound`], [`KeyError::Unavailable`], [`KeyError::Overloaded`] and
    /// [`KeyError::Internal`].
    pub async fn revoke(&self, id: KeyId) -> Result<(), KeyError> {
        self.keys.revoke_key(id, self.clock.now()).await.map_err(KeyError::from_repository)
    }

    /// Replaces the secret of a key and returns the new text. The old text is no longer valid.
    ///
    /// # Errors
    ///
    /// Any [`KeyError`] except [`KeyError::Invalid`].
    pub async fn rotate(&self, id: KeyId) -> Result<KeyText, KeyError> {
        let key = self.keys.find_key(id).await.map_err(KeyError::from_repository)?;
        if !key.ok_or(KeyError::NotFound)?.is_active(self.clock.now()) {
            return Err(KeyError::Inactive);
        }
        let secret = self.secrets.generate().map_err(KeyError::Random)?;
        let replaced = self.keys.replace_key_hash(id, secret.hash()).await;
        replaced.map_err(KeyError::from_repository)?;
        Ok(KeyText { id, secret })
    }

    /// Returns the stored key if the text that a caller has sent is valid.
    ///
    /// # Errors
    ///
    /// [`KeyError::Invalid`], [`KeyError::Unavailable`], [`KeyError::Overloaded`] and
    /// [`KeyError::Internal`].
    pub async fn authenticate(&self, text: &KeyText) -> Result<ApiKey, KeyError> {
        let mut key = self.keys.find_key(text.id).await.map_err(KeyError::from_repository)?;
        if key.as_ref().is_some_and(|key| !key.hash.matches(&text.secret)) {
            // The key may have another secret since the repository has cached it.
            let current = self.keys.find_current_key(text.id).await;
            key = current.map_err(KeyError::from_repository)?;
        }
        let is_valid =
            |key: &ApiKey| key.hash.matches(&text.secret) && key.is_active(self.clock.now());
        key.filter(is_valid).ok_or(KeyError::Invalid)
    }

    /// Records a use of a key, unless a use in the last [`ApiKey::LAST_USE_PRECISION`] is recorded.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unavailable`], [`KeyError::Overloaded`] and [`KeyError::Internal`].
    pub async fn record_use(&self, key: &ApiKey) -> Result<(), KeyError> {
        if !self.must_record_use(key) {
            return Ok(());
        }
        let now = self.clock.now();
        self.keys.record_key_use(key.id, now).await.map_err(KeyError::from_repository)
    }

    /// Returns whether [`record_use`](Self::record_use) would record a use of a key now.
    #[must_use]
    pub fn must_record_use(&self, key: &ApiKey) -> bool {
        key.must_record_use(self.clock.now())
    }
}

impl ApiKey {
    /// Returns the caller that has sent this key.
    #[must_use]
    pub const fn viewer(&self) -> Viewer {
        Viewer::Key { id: self.id, scope: self.scope }
    }
}

/// The error of a use case of API keys or of preview links.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The key is unknown, revoked or expired, or its secret is wrong.
    #[error("the key is not valid")]
    Invalid,
    /// No key has this id.
    #[error("no key has this id")]
    NotFound,
    /// The key is revoked or expired.
    #[error("the key is revoked or expired")]
    Inactive,
    /// The random source failed.
    #[error("the random source failed")]
    Random(#[source] Box<dyn StdError + Send + Sync>),
    /// The store does not respond. The same call may succeed later.
    #[error("the store of keys is not available")]
    Unavailable(#[source] RepositoryError),
    /// The store has too many calls. Nothing was changed. The same call may succeed later.
    #[error("the store of keys has too many calls")]
    Overloaded,
    /// The store failed, or returned an error that the service does not expect.
    #[error("the store of keys failed")]
    Internal(#[source] RepositoryError),
}

impl KeyError {
    pub(super) fn from_repository(error: RepositoryError) -> Self {
        match error {
            RepositoryError::NotFound => Self::NotFound,
            RepositoryError::Unavailable(_) => Self::Unavailable(error),
            RepositoryError::Overloaded => Self::Overloaded,
            RepositoryError::Conflict
            | RepositoryError::PreconditionFailed(_)
            | RepositoryError::Backend(_) => Self::Internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::{
        Secret, Timestamp,
        ports::{MockApiKeyRepository, MockClock, MockIdGenerator, MockSecretGenerator},
    };

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap()
    }

    const SECRET: Secret = Secret::new([7; 32]);

    fn service(expect: impl FnOnce(&mut MockApiKeyRepository)) -> KeyService {
        let mut keys = MockApiKeyRepository::new();
        expect(&mut keys);
        let mut clock = MockClock::new();
        clock.expect_now().return_const(now());
        let mut ids = MockIdGenerator::new();
        ids.expect_generate().return_const(Uuid::from_u128(5));
        let mut secrets = MockSecretGenerator::new();
        secrets.expect_generate().returning(|| Ok(SECRET));
        KeyService::new(Arc::new(keys), Arc::new(clock), Arc::new(ids), Arc::new(secrets))
    }

    fn key() -> ApiKey {
        ApiKey {
            id: KeyId::new(Uuid::from_u128(5)),
            name: KeyName::new("deploy").unwrap(),
            scope: KeyScope::Write,
            hash: SECRET.hash(),
            created_at: now(),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    const TEXT: KeyText = KeyText { id: KeyId::new(Uuid::from_u128(5)), secret: SECRET };

    #[tokio::test]
    async fn a_new_key_is_stored_without_its_secret_and_with_its_expiry() {
        let lifetime = Duration::from_secs(60);
        let expected = ApiKey { expires_at: Some(now().plus(lifetime)), ..key() };
        let service = service(|keys| {
            keys.expect_insert_key().once().with(eq(expected)).returning(|_| Ok(()));
        });

        let name = KeyName::new("deploy").unwrap();
        let text = service.create(name, KeyScope::Write, Some(lifetime)).await.unwrap();

        assert_eq!(text, TEXT);
    }

    #[tokio::test]
    async fn only_the_secret_of_an_active_key_is_valid() {
        let other = Secret::new([8; 32]);
        for (stored, is_valid) in [
            (Some(key()), true),
            (None, false),
            (Some(ApiKey { hash: other.hash(), ..key() }), false),
            (Some(ApiKey { revoked_at: Some(now()), ..key() }), false),
            (Some(ApiKey { expires_at: Some(now()), ..key() }), false),
        ] {
            let found = stored.clone();
            let service = service(|keys| {
                let current = found.clone();
                keys.expect_find_key().with(eq(TEXT.id)).returning(move |_| Ok(found.clone()));
                keys.expect_find_current_key().returning(move |_| Ok(current.clone()));
            });

            let authenticated = service.authenticate(&TEXT).await;

            assert_eq!(authenticated.is_ok(), is_valid, "{stored:?}");
            assert!(is_valid || matches!(authenticated, Err(KeyError::Invalid)));
        }
    }

    #[tokio::test]
    async fn a_new_secret_is_valid_while_the_repository_has_cached_the_old_one() {
        let service = service(|keys| {
            let cached = ApiKey { hash: Secret::new([8; 32]).hash(), ..key() };
            keys.expect_find_key().returning(move |_| Ok(Some(cached.clone())));
            keys.expect_find_current_key().returning(|_| Ok(Some(key())));
        });

        assert_eq!(service.authenticate(&TEXT).await.unwrap(), key());
    }

    #[tokio::test]
    async fn an_inactive_key_cannot_be_rotated() {
        let service = service(|keys| {
            let revoked = ApiKey { revoked_at: Some(now()), ..key() };
            keys.expect_find_key().returning(move |_| Ok(Some(revoked.clone())));
        });

        assert!(matches!(service.rotate(key().id).await, Err(KeyError::Inactive)));
    }

    #[tokio::test]
    async fn rotating_replaces_the_hash() {
        let service = service(|keys| {
            keys.expect_find_key().returning(|_| Ok(Some(key())));
            let replaced = (eq(key().id), eq(SECRET.hash()));
            keys.expect_replace_key_hash()
                .once()
                .with(replaced.0, replaced.1)
                .returning(|_, _| Ok(()));
        });

        assert_eq!(service.rotate(key().id).await.unwrap(), TEXT);
    }

    #[tokio::test]
    async fn a_recent_use_is_not_recorded_again() {
        let service = service(|keys| {
            keys.expect_record_key_use()
                .once()
                .with(eq(key().id), eq(now()))
                .returning(|_, _| Ok(()));
        });

        service.record_use(&key()).await.unwrap();
        service.record_use(&ApiKey { last_used_at: Some(now()), ..key() }).await.unwrap();
    }

    #[tokio::test]
    async fn the_errors_of_the_repository_are_mapped() {
        type Failure = fn() -> RepositoryError;
        type Expected = fn(&KeyError) -> bool;
        let cases: [(Failure, Expected); 5] = [
            (|| RepositoryError::NotFound, |error| matches!(error, KeyError::NotFound)),
            (|| RepositoryError::Conflict, |error| matches!(error, KeyError::Internal(_))),
            (|| RepositoryError::Overloaded, |error| matches!(error, KeyError::Overloaded)),
            (
                || RepositoryError::Unavailable("gone".into()),
                |error| matches!(error, KeyError::Unavailable(_)),
            ),
            (
                || RepositoryError::Backend("corrupt".into()),
                |error| matches!(error, KeyError::Internal(_)),
            ),
        ];
        for (failure, expected) in cases {
            let service = service(|keys| {
                keys.expect_revoke_key().returning(move |_, _| Err(failure()));
            });

            let error = service.revoke(key().id).await.unwrap_err();

            assert!(expected(&error), "{error:?}");
        }
    }
}
