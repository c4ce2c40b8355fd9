//! Reads the secret that signs preview links from a file.

use std::{fs, io, path::Path};

use async_trait::async_trait;
use domain::{
    Secret,
    ports::{PreviewSecretStore, RepositoryError},
};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The minimum length of the file, in bytes.
const MIN_BYTES: usize = 32;

/// The secret that signs preview links, from a file. The server reads the file once, when it
/// starts.
pub(crate) struct PreviewSecretFile(Secret);

impl PreviewSecretFile {
    /// Reads the file. The secret is the SHA-256 hash of its content.
    ///
    /// # Errors
    ///
    /// [`PreviewSecretError`] if the file cannot be read or is too short.
    pub(crate) fn read(path: &Path) -> Result<Self, PreviewSecretError> {
        let name = || path.display().to_string();
        let content =
            fs::read(path).map_err(|cause| PreviewSecretError::Read { file: name(), cause })?;
        if content.len() < MIN_BYTES {
            return Err(PreviewSecretError::TooShort { file: name() });
        }
        Ok(Self(Secret::new(Sha256::digest(content).into())))
    }
}

#[async_trait]
impl PreviewSecretStore for PreviewSecretFile {
    async fn preview_secret_or(&self, _: Secret) -> Result<Secret, RepositoryError> {
        Ok(self.0)
    }

    async fn replace_preview_secret(&self, _: Secret) -> Result<(), RepositoryError> {
        Err(RepositoryError::Backend("the secret is in a file: replace the file".into()))
    }
}

/// The error of a file that cannot be used as the preview secret.
#[derive(Debug, Error)]
pub enum PreviewSecretError {
    /// The file cannot be read.
    #[error("cannot read the preview secret {file:?}: {cause}")]
    Read {
        /// The path of the file.
        file: String,
        /// The reason.
        cause: io::Error,
    },
    /// The file is too short.
    #[error("the preview secret {file:?} is too short: write at least {MIN_BYTES} random bytes")]
    TooShort {
        /// The path of the file.
        file: String,
    },
}
