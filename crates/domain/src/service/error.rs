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
    /// A different request has used this idempotency key.
    #[error("another request has used this key")]
    KeyReused,
    /// A request with this idempotency key is in progress. The same request may succeed later.
    #[error("a request with this key is in progress")]
    InProgress,
    /// The store does not answer. The same request may succeed later.
    #[error("the post store is not available")]
    Unavailable(#[source] RepositoryError),
    /// The store has too many calls. Nothing was changed. The same request may succeed later.
    #[error("the post store has too many calls")]
    Overloaded,
    /// The store failed, or returned an error that the service does not expect.
    #[error("the post store failed")]
    Internal(#[source] RepositoryError),
}

/// Maps the error of a call that changes or deletes a post. The post may be missing, or the
/// precondition may not hold.
pub(super) fn error_of_write_to_post(error: RepositoryError) -> PostError {
    match error {
        RepositoryError::NotFound => PostError::NotFound,
        RepositoryError::PreconditionFailed(current) => PostError::PreconditionFailed { current },
        error => error_of_other_call(error),
    }
}

/// Maps the error of any other call. A conflict is an internal error, because the blog generates
/// the ids.
pub(super) fn error_of_other_call(error: RepositoryError) -> PostError {
    match error {
        RepositoryError::Unavailable(_) => PostError::Unavailable(error),
        RepositoryError::Overloaded => PostError::Overloaded,
        RepositoryError::NotFound
        | RepositoryError::Conflict
        | RepositoryError::PreconditionFailed(_)
        | RepositoryError::Backend(_) => PostError::Internal(error),
    }
}
