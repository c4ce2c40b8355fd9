//! Why posts were not moved.

use std::io;

use domain::{error_chain, ports::RepositoryError};
use thiserror::Error;

use super::Digest;
use crate::storage::OpenStorageError;

/// Why posts were not moved. Its text is for whoever asked for it.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// A store cannot be opened.
    #[error("{0}")]
    Open(OpenStorageError),
    /// A store cannot be read.
    #[error("cannot read posts: {}", error_chain(.0))]
    Read(RepositoryError),
    /// A store cannot be written.
    #[error("cannot write posts: {}", error_chain(.0))]
    Write(RepositoryError),
    /// Source and target are one.
    #[error("posts are to come from where they are to go")]
    SameStore,
    /// A target that had posts before does not have as many as it should at the end.
    #[error("the target has {actual} posts now and not {expected}; was it written meanwhile?")]
    Miscounted {
        /// How many it should have.
        expected: u64,
        /// How many it has.
        actual: u64,
    },
    /// There are posts already where posts are to go.
    #[error("the target has {count} posts already; --resume goes on from there")]
    NotEmpty {
        /// How many.
        count: u64,
    },
    /// Both sides were compared at the end and differ.
    #[error(
        "the sides differ: {from} there, {to} here; if posts were written meanwhile, \
         run it again with --resume, else into an empty target"
    )]
    Differ {
        /// Where posts came from.
        from: Digest,
        /// Where they went to.
        to: Digest,
    },
    /// A file cannot be read or written.
    #[error("cannot use {file}: {cause}")]
    File {
        /// The file.
        file: String,
        /// What is in the way.
        cause: io::Error,
    },
    /// Lines of a file are no posts. Nothing was written.
    #[error("{}", bad_lines(.lines, *.more))]
    BadLines {
        /// The number of each line, from 1, and what is wrong with it.
        lines: Vec<(u64, String)>,
        /// How many there are beyond those.
        more: u64,
    },
}

fn bad_lines(lines: &[(u64, String)], more: u64) -> String {
    let mut text = String::new();
    for (number, wrong) in lines {
        text += &format!("line {number}: {wrong}\n");
    }
    if more > 0 {
        text += &format!("and {more} more lines\n");
    }
    text + "nothing was imported"
}
