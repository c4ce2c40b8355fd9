//! The queries, written once for every SQL engine. The trait [`Engine`](crate::engine::Engine)
//! contains the differences between the engines.
//!
//! A query that writes runs in a transaction that the executor begins. Every query takes its locks
//! in the same order, to prevent deadlocks: an idempotency key, then posts by id, then counters. A
//! query on API keys or secrets locks only one row.
//!
//! # How a list is read
//!
//! 1. `select` builds the query that selects the ids in the window. If the query has a search,
//!    `select` first runs statements. They find out how to express the search, or which ids are in
//!    the window.
//! 2. `list` loads the rows with these ids.

mod archive;
mod count;
mod counters;
mod find;
mod ids;
mod insert_once;
mod keys;
mod list;
mod scan_ahead;
mod secrets;
mod select;
mod write;

pub(crate) use self::{
    archive::{count, greatest_id, insert_all, page},
    find::find,
    insert_once::insert_once,
    keys::{find_key, insert_key, list_keys, record_key_use, replace_key_hash, revoke_key},
    list::{list, list_with_total},
    secrets::{find_secret, replace_secret, secret_or},
    write::{delete, insert, update},
};
