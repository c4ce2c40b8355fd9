//! Why a use case failed.

use thiserror::Error;

use crate::{Version, ports::RepositoryError};

/// Why a use case failed.
#[derive(Debug, Error)]
pub enum PostError {
    /// No post in scope has this id.
    #[error("no such post")]
    NotFound,
    /// The precondition does not hold for the stored post.
    #[error("the post has version {current}")]
    PreconditionFailed {
        /// The version of the stored post.
        current: Version,
    },
    /// Another request has used this idempotency key.
    #[error("another request has used this key")]
    KeyReused,
    /// A request with this idempotency key is in progress. The same request may succeed later.
    #[error("a request with this key is in progress")]
    InProgress,
    /// The store does not answer. The same request may succeed later.
    #[error("the post store is not available")]
    Unavailable(#[source] RepositoryError),
    /// An internal error.
    #[error("the post store failed")]
    Internal(#[source] RepositoryError),
}

/// Maps the error of a call on one post, which may be missing or fail its precondition.
pub(super) fn refusal_or_failure(error: RepositoryError) -> PostError {
    match error {
        RepositoryError::NotFound => PostError::NotFound,
        RepositoryError::PreconditionFailed(current) => PostError::PreconditionFailed { current },
        error => failure(error),
    }
}

/// Maps the error of any other call. A conflict is an internal error: the blog chose the id, not
/// its caller.
pub(super) fn failure(error: RepositoryError) -> PostError {
    match error {
        RepositoryError::Unavailable(_) => PostError::Unavailable(error),
        RepositoryError::NotFound
        | RepositoryError::Conflict
        | RepositoryError::PreconditionFailed(_)
        | RepositoryError::Backend(_) => PostError::Internal(error),
    }
}
