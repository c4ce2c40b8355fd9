//! The errors of a transfer, export or import.

use std::io;

use domain::{error_chain, ports::RepositoryError};
use thiserror::Error;

use super::Digest;
use crate::storage::OpenStorageError;

/// The error of a transfer, export or import. Its text is for the operator.
#[derive(Debug, Error)]
#[non_exhaustive]
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
    /// The API keys of a store cannot be read.
    #[error("cannot read API keys: {}", error_chain(.0))]
    ReadKeys(RepositoryError),
    /// The API keys of a store cannot be written.
    #[error("cannot write API keys: {}", error_chain(.0))]
    WriteKeys(RepositoryError),
    /// The source and the target of a transfer are the same database.
    #[error("source and target are the same database")]
    SameStore,
    /// At the end of a resumed import, the target has an unexpected number of posts.
    #[error(
        "the target has {actual} posts instead of {expected}; stop other writers and \
         import again with --resume"
    )]
    CountMismatch {
        /// The expected number of posts.
        expected: u64,
        /// The actual number of posts.
        actual: u64,
    },
    /// The target of a command without `--resume` has posts.
    #[error(
        "the target already has {count} posts; use an empty target, \
         or continue an interrupted run with --resume"
    )]
    TargetNotEmpty {
        /// The number of posts.
        count: u64,
    },
    /// Source and target differ at the end.
    #[error(
        "source and target differ: the source has {from}, the target has {to}; if posts were written \
         during the run, run again with --resume; otherwise use an empty target"
    )]
    DigestMismatch {
        /// The digest of the source.
        from: Digest,
        /// The digest of the target.
        to: Digest,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write {file}: {cause}")]
    File {
        /// The name of the file.
        file: String,
        /// The reason.
        cause: io::Error,
    },
    /// Some lines of a file are invalid. Nothing was imported.
    #[error("{}", invalid_lines(.lines, *.omitted))]
    InvalidLines {
        /// The number of each line, from 1, and its problems.
        lines: Vec<(u64, String)>,
        /// The number of further invalid lines.
        omitted: u64,
    },
}

fn invalid_lines(lines: &[(u64, String)], omitted: u64) -> String {
    let mut text = String::new();
    for (number, problems) in lines {
        text += &format!("line {number}: {problems}\n");
    }
    if omitted > 0 {
        text += &format!("and {omitted} more invalid lines\n");
    }
    text + "nothing was imported"
}
