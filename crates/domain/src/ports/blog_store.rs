//! The store of a blog.

use super::{ApiKeyRepository, PostArchive, PostRepository, PostRevisions, PreviewSecretStore};

/// A store of posts, API keys and the preview secret. Implements the five ports to a store.
pub trait BlogStore:
    PostRepository + PostRevisions + PostArchive + ApiKeyRepository + PreviewSecretStore
{
}

impl<T> BlogStore for T where
    T: PostRepository + PostRevisions + PostArchive + ApiKeyRepository + PreviewSecretStore
{
}
