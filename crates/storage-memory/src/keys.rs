//! The store of API keys in memory.

use std::collections::{BTreeMap, btree_map::Entry};

use domain::{ApiKey, KeyId, SecretHash, Timestamp, ports::RepositoryError};

/// The API keys, by id.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    by_id: BTreeMap<KeyId, ApiKey>,
}

impl Keys {
    pub(crate) fn insert(&mut self, key: &ApiKey) -> Result<(), RepositoryError> {
        match self.by_id.entry(key.id) {
            Entry::Occupied(_) => Err(RepositoryError::Conflict),
            Entry::Vacant(entry) => {
                entry.insert(key.clone());
                Ok(())
            }
        }
    }

    pub(crate) fn find(&self, id: KeyId) -> Option<&ApiKey> {
        self.by_id.get(&id)
    }

    /// Returns the keys by ascending id.
    pub(crate) fn by_id(&self) -> impl Iterator<Item = &ApiKey> {
        self.by_id.values()
    }

    /// Revokes a key. A key that is already revoked stays unchanged.
    pub(crate) fn revoke(&mut self, id: KeyId, at: Timestamp) -> Result<(), RepositoryError> {
        self.find_mut(id)?.revoked_at.get_or_insert(at);
        Ok(())
    }

    pub(crate) fn replace_hash(
        &mut self,
        id: KeyId,
        hash: SecretHash,
    ) -> Result<(), RepositoryError> {
        self.find_mut(id)?.hash = hash;
        Ok(())
    }

    /// Records a use, unless a later use is recorded or the key is missing.
    pub(crate) fn record_use(&mut self, id: KeyId, at: Timestamp) {
        if let Some(key) = self.by_id.get_mut(&id) {
            key.last_used_at = key.last_used_at.max(Some(at));
        }
    }

    fn find_mut(&mut self, id: KeyId) -> Result<&mut ApiKey, RepositoryError> {
        self.by_id.get_mut(&id).ok_or(RepositoryError::NotFound)
    }
}
