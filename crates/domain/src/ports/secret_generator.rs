//! The port to a generator of secrets.

use std::error::Error as StdError;

use crate::Secret;

/// Generates secrets.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait SecretGenerator: Send + Sync {
    /// Generates a secret. Its bits MUST come from a cryptographically secure random source.
    ///
    /// # Errors
    ///
    /// Any error, if the random source fails.
    fn generate(&self) -> Result<Secret, Box<dyn StdError + Send + Sync>>;
}
