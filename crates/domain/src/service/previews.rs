//! The use cases of preview links.

use std::sync::Arc;

use super::keys::KeyError;
use crate::{
    PostId, PreviewLifetime, PreviewToken, PreviewedPost, Secret,
    ports::{Clock, PreviewSecretStore, SecretGenerator},
};

/// The use cases of preview links. Cheap to clone: clones share their adapters.
#[derive(Clone)]
pub struct PreviewService {
    store: Arc<dyn PreviewSecretStore>,
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn SecretGenerator>,
}

impl PreviewService {
    /// Creates the service. The secret in `store` signs the links.
    #[must_use]
    pub fn new(
        store: Arc<dyn PreviewSecretStore>,
        clock: Arc<dyn Clock>,
        secrets: Arc<dyn SecretGenerator>,
    ) -> Self {
        Self { store, clock, secrets }
    }

    /// Creates a token for a post. It does not check whether the post exists.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`], [`KeyError::Unavailable`], [`KeyError::Overloaded`] and
    /// [`KeyError::Internal`].
    pub async fn create(
        &self,
        post: PostId,
        lifetime: PreviewLifetime,
    ) -> Result<PreviewToken, KeyError> {
        let secret = self.secret().await?;
        Ok(PreviewToken::sign(&secret, post, self.clock.now(), lifetime))
    }

    /// Returns the id of the post if the token is valid for the post `id`. Returns `None` if the
    /// token is not valid for this post or has expired.
    ///
    /// # Errors
    ///
    /// The same as [`create`](Self::create).
    pub async fn verify(&self, token: &str, id: PostId) -> Result<Option<PreviewedPost>, KeyError> {
        let secret = self.secret().await?;
        Ok(PreviewToken::verify(token, &secret, id, self.clock.now()).ok())
    }

    /// Replaces the secret. All earlier tokens are then invalid.
    ///
    /// # Errors
    ///
    /// The same as [`create`](Self::create).
    pub async fn revoke_all(&self) -> Result<(), KeyError> {
        let new = self.secrets.generate().map_err(KeyError::Random)?;
        self.store.replace_preview_secret(new).await.map_err(KeyError::from_repository)
    }

    async fn secret(&self) -> Result<Secret, KeyError> {
        let new = self.secrets.generate().map_err(KeyError::Random)?;
        self.store.preview_secret_or(new).await.map_err(KeyError::from_repository)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::{
        Timestamp,
        ports::{MockClock, MockPreviewSecretStore, MockSecretGenerator, RepositoryError},
    };

    const STORED: Secret = Secret::new([1; 32]);
    const NEW: Secret = Secret::new([2; 32]);

    fn service(expect: impl FnOnce(&mut MockPreviewSecretStore)) -> PreviewService {
        let mut store = MockPreviewSecretStore::new();
        expect(&mut store);
        let mut clock = MockClock::new();
        clock.expect_now().return_const(Timestamp::from_unix_micros(0).unwrap());
        let mut secrets = MockSecretGenerator::new();
        secrets.expect_generate().returning(|| Ok(NEW));
        PreviewService::new(Arc::new(store), Arc::new(clock), Arc::new(secrets))
    }

    fn id(n: u128) -> PostId {
        PostId::new(Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn a_token_is_valid_for_its_post_only() {
        let service = service(|store| {
            store.expect_preview_secret_or().with(eq(NEW)).returning(|_| Ok(STORED));
        });

        let token = service.create(id(1), PreviewLifetime::DEFAULT).await.unwrap().text;

        assert_eq!(service.verify(&token, id(1)).await.unwrap().unwrap().id(), id(1));
        assert_eq!(service.verify(&token, id(2)).await.unwrap(), None);
        assert_eq!(service.verify("", id(1)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn revoking_replaces_the_secret() {
        let service = service(|store| {
            store.expect_replace_preview_secret().once().with(eq(NEW)).returning(|_| Ok(()));
        });

        service.revoke_all().await.unwrap();
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_is_unavailable() {
        let service = service(|store| {
            let gone = |_| Err(RepositoryError::Unavailable("gone".into()));
            store.expect_preview_secret_or().returning(gone);
        });

        let error = service.verify("", id(1)).await.unwrap_err();

        assert!(matches!(error, KeyError::Unavailable(_)));
    }
}
