//! The queries, written once for every SQL engine. What engines do differently is behind
//! [`Engine`](crate::engine::Engine).
//!
//! A query that writes runs in a transaction that the executor begins. It takes its locks in one
//! order, so that no two transactions wait for each other: an idempotency key, then posts by id,
//! then counters.
//!
//! # How a list is read
//!
//! 1. `select` builds the query of the ids in the window. For a search it first runs statements,
//!    which tell how to express the search or which ids match.
//! 2. `list` loads the rows with these ids, once.

mod archive;
mod count;
mod counters;
mod find;
mod ids;
mod insert_once;
mod list;
mod scan_ahead;
mod select;
mod write;

pub(crate) use self::{
    archive::{count, greatest_id, insert_all, page},
    find::find,
    insert_once::insert_once,
    list::{list, list_with_total},
    write::{delete, insert, update},
};
