//! The adapters of a blog.

use std::sync::Arc;

use domain::{
    KeyService, PostService, PreviewService,
    ports::{
        ApiKeyRepository, BlogStore, Clock, IdGenerator, PostRepository, PostRevisions,
        PreviewSecretStore, SecretGenerator,
    },
};
use http_actix::{Api, Options, Services};

use crate::system::{SystemClock, SystemSecretGenerator, UuidV7Generator};

/// An adapter for each port of a blog.
#[derive(Clone)]
pub struct Adapters {
    /// The store of posts.
    pub posts: Arc<dyn PostRepository>,
    /// The revisions of the posts in this store.
    pub revisions: Arc<dyn PostRevisions>,
    /// The store of API keys.
    pub keys: Arc<dyn ApiKeyRepository>,
    /// The store of the secret that signs preview links.
    pub preview_secret: Arc<dyn PreviewSecretStore>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The generator of ids.
    pub ids: Arc<dyn IdGenerator>,
    /// The generator of secrets.
    pub secrets: Arc<dyn SecretGenerator>,
}

impl Adapters {
    /// Returns the adapters of a blog in `store`, with the clock and the random source of the
    /// operating system.
    #[must_use]
    pub fn of(store: Arc<dyn BlogStore>) -> Self {
        Self {
            posts: store.clone(),
            revisions: store.clone(),
            keys: store.clone(),
            preview_secret: store,
            clock: Arc::new(SystemClock),
            ids: Arc::new(UuidV7Generator),
            secrets: Arc::new(SystemSecretGenerator),
        }
    }

    /// Returns the use cases of API keys.
    #[must_use]
    pub fn key_service(&self) -> KeyService {
        let Self { keys, clock, ids, secrets, .. } = self.clone();
        KeyService::new(keys, clock, ids, secrets)
    }

    /// Returns the use cases of preview links.
    #[must_use]
    pub fn preview_service(&self) -> PreviewService {
        let Self { preview_secret, clock, secrets, .. } = self.clone();
        PreviewService::new(preview_secret, clock, secrets)
    }
}

/// Creates the API from the adapters.
#[must_use]
pub fn compose(adapters: &Adapters, options: Options) -> Api {
    let Adapters { posts, revisions, clock, ids, .. } = adapters.clone();
    let services = Services {
        posts: PostService::new(posts, clock, Arc::clone(&ids)),
        keys: adapters.key_service(),
        previews: adapters.preview_service(),
    };
    Api::new(services, revisions, ids, options)
}
