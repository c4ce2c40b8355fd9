//! The cases, one module for each method of `PostRepository`, one for `PostArchive`, and one for
//! each thing that concerns all of them.

mod archive;
mod concurrency;
mod delete;
mod find;
mod insert;
mod list;
mod model;
mod sabotage;
mod update;

use crate::Case;

pub(crate) const ALL: &[&[Case]] = &[
    insert::CASES,
    find::CASES,
    list::CASES,
    update::CASES,
    delete::CASES,
    archive::CASES,
    model::CASES,
    concurrency::CASES,
];

/// Those for a store that comes with a [`Sabotage`](crate::Sabotage).
pub(crate) const WITH_SABOTAGE: &[Case] = sabotage::CASES;
