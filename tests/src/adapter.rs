//! The storage adapters that the tests run on.

use std::{any::Any, sync::Arc};

use domain::ports::BlogStore;
use server::storage::Storage;
use storage_contract::Missing;
use storage_diesel::testing::TestPostgres;
use tempfile::TempDir;

/// A store, and the resources to keep alive while it is open: a folder or a database schema.
pub type OpenStore = (Arc<dyn BlogStore>, Box<dyn Any>);

/// A storage adapter. A test opens a store by its URL, as an operator does.
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

    /// The URL of a new, empty store, and the resources to keep alive while it is in use.
    ///
    /// # Errors
    ///
    /// Fails when the adapter needs something that is missing, such as a PostgreSQL server.
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

    /// Opens a new, empty store.
    ///
    /// # Errors
    ///
    /// Fails when the adapter needs something that is missing, such as a PostgreSQL server.
    pub fn open(self) -> Result<OpenStore, Missing> {
        let (url, resources) = self.url()?;
        let storage: Storage = url.parse().unwrap();
        Ok((storage.open().unwrap(), resources))
    }
}
