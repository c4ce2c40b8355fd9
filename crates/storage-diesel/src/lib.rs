//! Stores posts, API keys and the preview secret in a SQL database, through diesel.
//!
//! # Design decision: one set of queries
//!
//! The connection type is an enum with a variant for each SQL engine. diesel's `MultiConnection`
//! implements diesel's traits of a connection for the enum. So queries, rows and the schema are
//! written once for all engines. The differences between engines are in `engine` (queries),
//! `database` (opening) and `migrations`, with one file per engine, and in `sql_types` (native
//! types).
//!
//! | to find | look in |
//! |---|---|
//! | the methods of the ports | `repository` |
//! | the queries | `queries` |
//! | the differences between engines in the queries | `engine` |
//! | the rows of the tables | `rows` |
//! | the tables, as the migrations create them | `schema` (generated) |
//! | types with a native form on each engine | `sql_types` |
//! | threads, transactions, deadlines | `executor` |
//! | opening a database | `database` |
//! | running the migrations | `migrations` |
//! | what an error of the database means | `error` |

mod connection;
mod database;
mod engine;
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

pub use database::DatabaseUrl;
pub use error::{DatabaseUrlError, OpenError};
pub use repository::DieselPostRepository;

// diesel calls SQLite and libpq. These crates compile both and link them into the program.
use {libsqlite3_sys as _, pq_sys as _};
