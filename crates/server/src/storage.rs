//! Which URL means which store.

use std::{path::PathBuf, str::FromStr, sync::Arc};

use domain::ports::PostRepository;
use storage_diesel::{DieselPostRepository, OpenError};
use storage_memory::MemoryPostRepository;
use thiserror::Error;

/// A store that posts can be kept in, not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// The process's memory: `memory:`.
    Memory,
    /// An SQLite file: `sqlite://` and its path, relative or absolute.
    Sqlite(PathBuf),
}

impl Storage {
    /// The store of who does not name one.
    pub const DEFAULT_URL: &str = "sqlite://blog.db";

    /// Opens the store, making it if need be. Blocks.
    ///
    /// # Errors
    ///
    /// [`OpenStorageError::Open`].
    pub fn open(&self) -> Result<Arc<dyn PostRepository>, OpenStorageError> {
        match self {
            Self::Memory => Ok(Arc::new(MemoryPostRepository::default())),
            Self::Sqlite(path) => {
                let posts =
                    DieselPostRepository::open_sqlite(path).map_err(OpenStorageError::Open)?;
                Ok(Arc::new(posts))
            }
        }
    }
}

impl FromStr for Storage {
    type Err = OpenStorageError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = url.split_once(':').ok_or(OpenStorageError::NoScheme)?;
        // Schemes are case-insensitive (RFC 3986, section 3.1).
        match (scheme.to_ascii_lowercase().as_str(), rest) {
            ("memory", "") => Ok(Self::Memory),
            ("sqlite", _) => match rest.strip_prefix("//") {
                Some(path) if !path.is_empty() && !path.ends_with('/') => {
                    Ok(Self::Sqlite(path.into()))
                }
                _ => Err(OpenStorageError::NoPath),
            },
            _ => Err(OpenStorageError::UnknownScheme(scheme.to_owned())),
        }
    }
}

/// Why a store cannot be used. Never shows more of a URL than its scheme: the rest may hold a
/// password.
#[derive(Debug, Error)]
pub enum OpenStorageError {
    /// The URL names a kind of database there is no adapter for.
    #[error("the database URL's scheme \"{0}\" is not known; known are sqlite://PATH and memory:")]
    UnknownScheme(String),
    /// The text is no URL.
    #[error("the database URL has no scheme; known are sqlite://PATH and memory:")]
    NoScheme,
    /// The URL names no file.
    #[error("the database URL names no file; it has to be sqlite://PATH")]
    NoPath,
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
    fn sqlite_paths_are_relative_or_absolute_and_taken_literally() {
        for path in ["blog.db", "/var/lib/blog.db", "./a b%20c?d.db", ":memory:"] {
            assert_eq!(parse(&format!("sqlite://{path}")), Ok(Storage::Sqlite(path.into())));
        }
    }

    #[test]
    fn every_other_scheme_is_refused_with_the_known_ones_and_without_the_rest() {
        for url in ["mysql://root:secret@host/blog", "sqlite3://secret.db", "memory:secret"] {
            let error = parse(url).unwrap_err();

            assert!(error.contains("sqlite://PATH") && error.contains("memory:"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_has_no_scheme_or_no_path_is_refused() {
        assert!(parse("blog.db").unwrap_err().contains("no scheme"));
        assert!(parse("").unwrap_err().contains("no scheme"));
        for url in ["sqlite:", "sqlite://", "sqlite:blog.db", "sqlite://folder/"] {
            assert!(parse(url).unwrap_err().contains("names no file"), "{url}");
        }
    }
}
