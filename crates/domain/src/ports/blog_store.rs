//! Everything that a blog stores.

use super::{ApiKeyRepository, PostArchive, PostRepository, PreviewSecretStore};

/// A store of everything that a blog has. Implements the four ports to a store.
pub trait BlogStore: PostRepository + PostArchive + ApiKeyRepository + PreviewSecretStore {}

impl<T: PostRepository + PostArchive + ApiKeyRepository + PreviewSecretStore> BlogStore for T {}
