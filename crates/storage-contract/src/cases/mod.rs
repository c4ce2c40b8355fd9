//! The cases, one module for each method of `PostRepository`, and one for `PostArchive`.

mod archive;
mod delete;
mod find;
mod insert;
mod list;
mod update;

use crate::Case;

pub(crate) const ALL: &[&[Case]] =
    &[insert::CASES, find::CASES, list::CASES, update::CASES, delete::CASES, archive::CASES];
