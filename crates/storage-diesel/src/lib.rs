//! Stores posts in a SQL database, through diesel.
//!
//! # One key decision: one set of queries
//!
//! The `connection` is an enum with a variant for each SQL engine, and diesel's `MultiConnection`
//! makes it a connection like any other. So queries, rows and the schema are written once for all
//! engines. What engines do differently is in one file each below `engine` (queries), `database`
//! (opening), `migrations` (migrating) and in `sql_types` (native types).
//!
//! | to find | look in |
//! |---|---|
//! | the ports' methods | `repository` |
//! | the queries | `queries` |
//! | what engines do differently in them | `engine` |
//! | the rows of the tables | `rows` |
//! | the tables, as the migrations create them | `schema` (generated) |
//! | types with a native form on each engine | `sql_types` |
//! | threads, transactions, deadlines | `executor` |
//! | opening a database | `database` |
//! | bringing it up to date | `migrations` |
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

// diesel links SQLite and libpq. These crates compile them in.
use {libsqlite3_sys as _, pq_sys as _};
