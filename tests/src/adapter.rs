//! The stores that every test runs on.

use std::{any::Any, sync::Arc};

use domain::ports::PostStore;
use server::storage::Storage;
use storage_contract::Missing;
use storage_diesel::testing::TestPostgres;
use tempfile::TempDir;

/// A store, and what it lives on.
pub type OpenStore = (Arc<dyn PostStore>, Box<dyn Any>);

/// A store, by the URL an operator would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    Memory,
    Sqlite,
    Postgres,
}

impl Adapter {
    pub const ALL: [Self; 3] = [Self::Memory, Self::Sqlite, Self::Postgres];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// The URL of an empty store, and what it lives on.
    ///
    /// # Errors
    ///
    /// Why there is none to be had here.
    pub fn url(self) -> Result<(String, Box<dyn Any>), Missing> {
        Ok(match self {
            Self::Memory => ("memory:".to_owned(), Box::new(())),
            Self::Sqlite => {
                let folder = TempDir::new().unwrap();
                let url = format!("sqlite://{}", folder.path().join("blog.db").display());
                (url, Box::new(folder))
            }
            Self::Postgres => {
                let schema = TestPostgres::create();
                let schema = schema.map_err(|why| Missing(format!("PostgreSQL: {why}")))?;
                (schema.url(), Box::new(schema))
            }
        })
    }

    /// Opens an empty store.
    ///
    /// # Errors
    ///
    /// Why there is none to be had here.
    pub fn open(self) -> Result<OpenStore, Missing> {
        let (url, resources) = self.url()?;
        let storage: Storage = url.parse().unwrap();
        Ok((storage.open().unwrap(), resources))
    }
}
