//! A cache of API keys.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    ApiKey, KeyId, SecretHash, Timestamp,
    ports::{ApiKeyRepository, RepositoryError},
};

/// How long the cache returns a key. If another process revokes the key, this process accepts the
/// key for up to this time.
const TIME_TO_LIVE: Duration = Duration::from_secs(2);

/// The minimum time between two reads of a key because a sent secret does not match. So a client
/// that guesses the secret of a known id causes few reads.
const MIN_BETWEEN_REREADS: Duration = Duration::from_millis(100);

/// Caches the keys in the store `keys`, so that most requests do not read a key from the store.
///
/// The cache has at most one entry for each stored key. It has no entries for unknown ids.
pub(crate) struct KeyCache {
    keys: Arc<dyn ApiKeyRepository>,
    found: Mutex<HashMap<KeyId, Found>>,
}

struct Found {
    key: ApiKey,
    at: Instant,
    /// Whether the key was read because a sent secret did not match the cached key.
    is_reread: bool,
}

impl KeyCache {
    pub(crate) fn new(keys: Arc<dyn ApiKeyRepository>) -> Self {
        Self { keys, found: Mutex::default() }
    }

    fn found(&self) -> MutexGuard<'_, HashMap<KeyId, Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a key from the store.
    async fn read(&self, id: KeyId, is_reread: bool) -> Result<Option<ApiKey>, RepositoryError> {
        let at = Instant::now();
        let key = self.keys.find_key(id).await?;
        match &key {
            Some(key) => self.found().insert(id, Found { key: key.clone(), at, is_reread }),
            None => self.found().remove(&id),
        };
        Ok(key)
    }

    fn forget(&self, id: KeyId) {
        self.found().remove(&id);
    }
}

#[async_trait]
impl ApiKeyRepository for KeyCache {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), RepositoryError> {
        self.keys.insert_key(key).await
    }

    async fn find_key(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError> {
        if let Some(Found { key, at, .. }) = self.found().get(&id)
            && at.elapsed() < TIME_TO_LIVE
        {
            return Ok(Some(key.clone()));
        }
        self.read(id, false).await
    }

    async fn find_current_key(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError> {
        if let Some(Found { key, at, is_reread: true }) = self.found().get(&id)
            && at.elapsed() < MIN_BETWEEN_REREADS
        {
            return Ok(Some(key.clone()));
        }
        self.read(id, true).await
    }

    async fn list_keys(&self) -> Result<Vec<ApiKey>, RepositoryError> {
        self.keys.list_keys().await
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError> {
        let revoked = self.keys.revoke_key(id, at).await;
        self.forget(id);
        revoked
    }

    async fn replace_key_hash(&self, id: KeyId, hash: SecretHash) -> Result<(), RepositoryError> {
        let replaced = self.keys.replace_key_hash(id, hash).await;
        self.forget(id);
        replaced
    }

    async fn record_key_use(&self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError> {
        // Without this, each request until the end of the time to live would record the use again.
        if let Some(Found { key, .. }) = self.found().get_mut(&id) {
            key.last_used_at = key.last_used_at.max(Some(at));
        }
        self.keys.record_key_use(id, at).await
    }
}

#[cfg(test)]
mod tests {
    use domain::{KeyName, KeyScope, Secret};
    use storage_memory::MemoryPostRepository;
    use uuid::Uuid;

    use super::*;

    fn key() -> ApiKey {
        ApiKey {
            id: KeyId::new(Uuid::from_u128(1)),
            name: KeyName::new("deploy").unwrap(),
            scope: KeyScope::Read,
            hash: Secret::new([1; 32]).hash(),
            created_at: Timestamp::MIN,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    #[actix_web::test]
    async fn a_key_is_read_again_after_its_time_to_live() {
        let store = Arc::new(MemoryPostRepository::default());
        let cache = KeyCache::new(store.clone());
        assert_eq!(cache.find_key(key().id).await.unwrap(), None);
        store.insert_key(&key()).await.unwrap();
        assert_eq!(cache.find_key(key().id).await.unwrap(), Some(key()));

        store.revoke_key(key().id, Timestamp::MAX).await.unwrap();

        assert_eq!(cache.find_key(key().id).await.unwrap(), Some(key()));
        cache.found().get_mut(&key().id).unwrap().at = Instant::now() - TIME_TO_LIVE;
        assert!(cache.find_key(key().id).await.unwrap().unwrap().revoked_at.is_some());
    }

    #[actix_web::test]
    async fn a_key_is_read_again_when_the_secret_does_not_match_but_not_often() {
        let store = Arc::new(MemoryPostRepository::default());
        let cache = KeyCache::new(store.clone());
        store.insert_key(&key()).await.unwrap();
        cache.find_key(key().id).await.unwrap();
        let rotate = |n| store.replace_key_hash(key().id, Secret::new([n; 32]).hash());

        rotate(2).await.unwrap();
        let first = cache.find_current_key(key().id).await.unwrap().unwrap();
        rotate(3).await.unwrap();
        let second = cache.find_current_key(key().id).await.unwrap().unwrap();

        assert_eq!(first.hash, Secret::new([2; 32]).hash());
        assert_eq!(second.hash, first.hash);
    }

    #[actix_web::test]
    async fn a_change_through_the_cache_takes_effect_at_once() {
        let cache = KeyCache::new(Arc::new(MemoryPostRepository::default()));
        cache.insert_key(&key()).await.unwrap();
        cache.find_key(key().id).await.unwrap();

        cache.record_key_use(key().id, Timestamp::MAX).await.unwrap();
        let used = cache.find_key(key().id).await.unwrap().unwrap();
        cache.revoke_key(key().id, Timestamp::MAX).await.unwrap();

        assert_eq!(used.last_used_at, Some(Timestamp::MAX));
        assert!(cache.find_key(key().id).await.unwrap().unwrap().revoked_at.is_some());
    }
}
