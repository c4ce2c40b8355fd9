//! Which URL means which store.

use std::{str::FromStr, sync::Arc};

use domain::ports::PostStore;
use storage_diesel::{DatabaseUrl, DatabaseUrlError, DieselPostRepository, OpenError};
use storage_memory::MemoryPostRepository;
use thiserror::Error;

/// A store that posts can be kept in, not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// The process's memory: `memory:`.
    Memory,
    /// A SQL database.
    Sql(DatabaseUrl),
}

impl Storage {
    /// The store of who does not name one.
    pub const DEFAULT_URL: &str = "sqlite://blog.db";

    /// The URL of [`Storage::Memory`].
    const MEMORY_URL: &str = "memory:";

    /// Opens the store, making it if need be. Blocks.
    ///
    /// # Errors
    ///
    /// [`OpenStorageError::Open`].
    pub fn open(self) -> Result<Arc<dyn PostStore>, OpenStorageError> {
        match self {
            Self::Memory => Ok(Arc::new(MemoryPostRepository::default())),
            Self::Sql(url) => {
                let posts = DieselPostRepository::open(url).map_err(OpenStorageError::Open)?;
                Ok(Arc::new(posts))
            }
        }
    }
}

impl Storage {
    /// Opens a store to take posts from, which is not to be made by that. Blocks.
    ///
    /// # Errors
    ///
    /// [`OpenStorageError::Nothing`] where there is none, and [`OpenStorageError::Open`].
    pub fn open_existing(self) -> Result<Arc<dyn PostStore>, OpenStorageError> {
        match &self {
            Self::Memory => Err(OpenStorageError::Nothing),
            Self::Sql(url) if url.names_missing_file() => Err(OpenStorageError::Nothing),
            Self::Sql(_) => self.open(),
        }
    }
}

impl FromStr for Storage {
    type Err = OpenStorageError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if url.eq_ignore_ascii_case(Self::MEMORY_URL) {
            return Ok(Self::Memory);
        }
        url.parse().map(Self::Sql).map_err(|cause| OpenStorageError::Url { cause })
    }
}

/// Why a store cannot be used. Never shows a URL, which may hold a password.
#[derive(Debug, Error)]
pub enum OpenStorageError {
    /// The URL names no store.
    #[error(
        "cannot use the database URL: {cause}; known are {} and {}",
        DatabaseUrl::FORMS.join(", "),
        Storage::MEMORY_URL
    )]
    Url {
        /// What is wrong with it.
        cause: DatabaseUrlError,
    },
    /// There is no store to take posts from.
    #[error("there is no such database to take posts from")]
    Nothing,
    /// The database cannot be opened.
    #[error("{0}")]
    Open(OpenError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Storage, String> {
        url.parse::<Storage>().map_err(|error| error.to_string())
    }

    #[test]
    fn memory_is_memory() {
        assert_eq!(parse("memory:"), Ok(Storage::Memory));
        assert_eq!(parse("MEMORY:"), Ok(Storage::Memory));
    }

    #[test]
    fn every_other_scheme_is_refused_with_the_known_ones_and_without_the_rest() {
        for url in ["mysql://root:secret@host/blog", "secret.db", "memory:secret", ""] {
            let error = parse(url).unwrap_err();

            for known in ["sqlite://PATH", "postgres://", "memory:"] {
                assert!(error.contains(known), "{error}");
            }
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
