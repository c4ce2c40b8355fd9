//! The cases, one module for each method of `PostRepository`, one for `PostArchive`, and one for
//! all of them together.

mod archive;
mod delete;
mod find;
mod insert;
mod list;
mod model;
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
];
