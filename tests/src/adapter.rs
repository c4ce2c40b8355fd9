//! The stores that every test runs on.

use std::{any::Any, sync::Arc};

use domain::ports::PostRepository;
use server::storage::Storage;
use tempfile::TempDir;

/// A store, by the URL an operator would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    Memory,
    Sqlite,
}

impl Adapter {
    pub const ALL: [Self; 2] = [Self::Memory, Self::Sqlite];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
        }
    }

    /// Opens an empty store, and gives what it lives on with it.
    pub(crate) fn open(self) -> (Arc<dyn PostRepository>, Box<dyn Any>) {
        let folder = TempDir::new().unwrap();
        let url = match self {
            Self::Memory => "memory:".to_owned(),
            Self::Sqlite => format!("sqlite://{}", folder.path().join("blog.db").display()),
        };
        let storage: Storage = url.parse().unwrap();
        (storage.open().unwrap(), Box::new(folder))
    }
}
