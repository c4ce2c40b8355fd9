//! The cases, one module for each method of `PostRepository`, one for `PostArchive`, and one for
//! each thing that concerns all of them.

mod archive;
mod concurrency;
mod counted;
mod delete;
mod find;
mod idempotency;
mod insert;
mod list;
mod model;
mod precondition;
mod sabotage;
mod search;
mod update;
mod version;
mod walk;

use crate::case::Case;

pub(crate) const ALL: &[&[Case]] = &[
    insert::CASES,
    find::CASES,
    list::CASES,
    counted::CASES,
    walk::CASES,
    search::CASES,
    update::CASES,
    delete::CASES,
    version::CASES,
    precondition::CASES,
    idempotency::CASES,
    archive::CASES,
    model::CASES,
    concurrency::CASES,
];

/// Those for a store that comes with a [`Sabotage`](crate::Sabotage).
pub(crate) const WITH_SABOTAGE: &[Case] = sabotage::CASES;
