//! The store of a blog.

use super::{ApiKeyRepository, PostArchive, PostRepository, PreviewSecretStore};

/// A store of posts, API keys and the preview secret. Implements the four ports to a store.
pub trait BlogStore: PostRepository + PostArchive + ApiKeyRepository + PreviewSecretStore {}

impl<T: PostRepository + PostArchive + ApiKeyRepository + PreviewSecretStore> BlogStore for T {}
