//! The limit of open files (POSIX `RLIMIT_NOFILE`). Each connection is an open file.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The number of files that are reserved for everything except client connections: the files of a
/// database or the connections to it, and the event queues of the threads.
const RESERVED: u64 = 256;

/// Raises the limit of this process to its maximum, the hard limit.
///
/// Returns the number of client connections that the limit allows, or `None` if there is no limit.
pub(crate) fn raise_limit() -> Option<u64> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // If this fails, the server accepts fewer connections.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.map(for_connections)
}

/// Returns how many of `files` open files may be client connections.
fn for_connections(files: u64) -> u64 {
    files.saturating_sub(RESERVED).max(files / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_reserved_for_the_database() {
        for (files, expected) in [(1_024, 768), (512, 256), (100, 50), (1, 1)] {
            assert_eq!(for_connections(files), expected);
        }
    }
}
