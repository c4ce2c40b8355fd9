//! Keeps posts in a SQL database, through diesel.
//!
//! # One key decision: one set of queries
//!
//! The `connection` is an enum with a variant for each kind of database, and diesel's
//! `MultiConnection` makes it a connection like any other. So queries, rows and the schema are
//! written once, whatever they run on; what differs between databases is in `connection` (how to
//! open one), `sql_types` (native types), `executor` (which threads talk to it), `queries::search`
//! (how to ask for words) and the folder of migrations.
//!
//! | to find | look in |
//! |---|---|
//! | the port's methods | `repository` |
//! | SQL | `queries` |
//! | a row and the post it stands for | `rows` |
//! | tables, as the migrations make them | `schema` (generated) |
//! | types that are native on each database | `sql_types` |
//! | threads, transactions, deadlines | `executor` |
//! | opening a database | `connection` |
//! | bringing it up to date | `migrations` |
//! | what an error of the database means | `error` |

mod connection;
mod error;
mod executor;
mod migrations;
mod queries;
mod repository;
mod rows;
#[rustfmt::skip]
mod schema;
mod sql_types;
#[cfg(feature = "testing")]
pub mod testing;

pub use connection::DatabaseUrl;
pub use error::{DatabaseUrlError, OpenError};
pub use repository::DieselPostRepository;

/// SQLite and libpq are reached through diesel; these name the crates that compile them in.
use {libsqlite3_sys as _, pq_sys as _};
