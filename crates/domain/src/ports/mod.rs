//! What the domain asks of the outside. Each port has one file; whoever implements one is an
//! adapter and lives in another crate.
//!
//! The feature `mock` adds a `Mock…` of each, made by `mockall`.
//!
//! # To write an adapter
//!
//! Implement the trait, keeping every MUST of its documentation. For [`PostRepository`] and
//! [`PostArchive`], which together are a [`PostStore`], the crate `storage-contract` makes that
//! documentation executable: run its suite in the adapter's tests.

mod clock;
mod id_generator;
mod post_archive;
mod post_repository;

pub use clock::Clock;
pub use id_generator::IdGenerator;
pub use post_archive::{PostArchive, PostStore};
pub use post_repository::{Insertion, PostRepository, PostsWithTotal, RepositoryError};

#[cfg(any(test, feature = "mock"))]
pub use {
    clock::MockClock, id_generator::MockIdGenerator, post_archive::MockPostArchive,
    post_repository::MockPostRepository,
};
