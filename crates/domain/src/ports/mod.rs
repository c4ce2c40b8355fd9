//! The ports: a trait for each thing that the domain needs from the outside. Each port has its own
//! file. The adapters, in other crates, implement the ports.
//!
//! The feature `mock` adds a mock of each port, such as `MockClock`. `mockall` generates it.
//!
//! # To write an adapter
//!
//! Implement the trait as its documentation requires. MUST, SHOULD and MAY have the meanings of
//! RFC 2119.
//!
//! A [`BlogStore`] implements [`PostRepository`], [`PostRevisions`], [`PostArchive`],
//! [`ApiKeyRepository`] and [`PreviewSecretStore`]. The crate `storage-contract` is a test suite for it. Run this suite in
//! the adapter's tests.

mod api_key_repository;
mod blog_store;
mod clock;
mod id_generator;
mod post_archive;
mod post_repository;
mod post_revisions;
mod preview_secret_store;
mod secret_generator;

pub use api_key_repository::ApiKeyRepository;
pub use blog_store::BlogStore;
pub use clock::Clock;
pub use id_generator::IdGenerator;
pub use post_archive::PostArchive;
pub use post_repository::{Insertion, Listed, PostRepository, PostsWithTotal, RepositoryError};
pub use post_revisions::PostRevisions;
pub use preview_secret_store::PreviewSecretStore;
pub use secret_generator::SecretGenerator;

#[cfg(any(test, feature = "mock"))]
pub use {
    api_key_repository::MockApiKeyRepository, clock::MockClock, id_generator::MockIdGenerator,
    post_archive::MockPostArchive, post_repository::MockPostRepository,
    post_revisions::MockPostRevisions, preview_secret_store::MockPreviewSecretStore,
    secret_generator::MockSecretGenerator,
};
