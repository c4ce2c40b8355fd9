//! Parses the URL of a store and opens the store.

use std::{str::FromStr, sync::Arc};

use domain::ports::BlogStore;
use storage_diesel::{DatabaseUrl, DatabaseUrlError, DieselPostRepository, OpenError};
use storage_memory::MemoryPostRepository;
use thiserror::Error;

/// The location of a store that is not open yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// The memory of the process: `memory:`.
    Memory,
    /// A SQL database.
    Sql(DatabaseUrl),
}

impl Storage {
    /// The URL of the default store.
    pub const DEFAULT_URL: &str = "sqlite://blog.db";

    /// The URL of [`Storage::Memory`].
    const MEMORY_URL: &str = "memory:";

    /// Opens the store. Creates an SQLite file if it does not exist. Blocks the thread.
    ///
    /// # Errors
    ///
    /// [`OpenStorageError::Open`] when the store cannot be opened or created.
    pub fn open(self) -> Result<Arc<dyn BlogStore>, OpenStorageError> {
        match self {
            Self::Memory => Ok(Arc::new(MemoryPostRepository::default())),
            Self::Sql(url) => {
                let posts = DieselPostRepository::open(url).map_err(OpenStorageError::Open)?;
                Ok(Arc::new(posts))
            }
        }
    }

    /// Opens the store, but does not create an SQLite file. Blocks the thread.
    ///
    /// # Errors
    ///
    /// - [`OpenStorageError::NotFound`] when the SQLite file does not exist, and always for
    ///   [`Storage::Memory`].
    /// - [`OpenStorageError::Open`] when the store cannot be opened.
    pub fn open_existing(self) -> Result<Arc<dyn BlogStore>, OpenStorageError> {
        match &self {
            Self::Memory => Err(OpenStorageError::NotFound),
            Self::Sql(url) if url.names_missing_file() => Err(OpenStorageError::NotFound),
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

/// The error of a store that cannot be used. Its text contains no URL, because a URL may contain a
/// password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenStorageError {
    /// The URL is invalid.
    #[error(
        "cannot use the database URL: {cause}; supported URLs are {} and {}",
        DatabaseUrl::FORMS.join(", "),
        Storage::MEMORY_URL
    )]
    Url {
        /// The reason.
        cause: DatabaseUrlError,
    },
    /// The source of an export or a transfer is a missing SQLite file or a memory store.
    #[error("the database does not exist: give the URL of an existing database")]
    NotFound,
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
    fn the_memory_url_ignores_case() {
        assert_eq!(parse("memory:"), Ok(Storage::Memory));
        assert_eq!(parse("MEMORY:"), Ok(Storage::Memory));
    }

    #[test]
    fn the_error_of_an_unknown_url_lists_the_supported_urls_and_hides_the_given_one() {
        for url in ["mysql://root:secret@host/blog", "secret.db", "memory:secret", ""] {
            let error = parse(url).unwrap_err();

            for supported in ["sqlite://PATH", "postgres://", "memory:"] {
                assert!(error.contains(supported), "{error}");
            }
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
