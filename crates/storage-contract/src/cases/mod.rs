//! The cases: a module for each method of `PostRepository`, one for each of the other ports, and
//! one for each requirement that concerns several methods.

mod archive;
mod concurrency;
mod delete;
mod faults;
mod find;
mod idempotency;
mod insert;
mod keys;
mod list;
mod long_texts;
mod model;
mod precondition;
mod preview_secret;
mod revision;
mod scope;
mod search;
mod stream;
mod total;
mod update;
mod version;

use crate::case::Case;

/// The cases for every store.
pub(crate) const ALL: &[&[Case]] = &[
    insert::CASES,
    find::CASES,
    list::CASES,
    long_texts::CASES,
    total::CASES,
    stream::CASES,
    search::CASES,
    update::CASES,
    delete::CASES,
    version::CASES,
    precondition::CASES,
    scope::CASES,
    idempotency::CASES,
    archive::CASES,
    keys::CASES,
    preview_secret::CASES,
    revision::CASES,
    model::CASES,
    concurrency::CASES,
];

/// The cases for stores with [fault injection](crate::FaultInjection).
pub(crate) const WITH_FAULTS: &[Case] = faults::CASES;
