//! The kinds of calls. Each kind has its own permits, so that it does not wait for the others.

use std::{num::NonZero, thread::available_parallelism};

use domain::PostQuery;

use super::gate::Gate;

/// The number of posts up to which reading a list is as cheap as reading a post.
const SHORT_LIST: u32 = 50;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Reads a post or a short list.
    Lookup,
    /// Reads a long list, or a part of the list of all posts.
    LongList,
    /// Searches, or counts the matches of a search.
    Search,
    /// Writes. SQLite has a thread for writes, so this is only for PostgreSQL.
    Write,
}

impl Workload {
    /// Returns the kind of the call that reads the posts of a query.
    pub(crate) fn of(query: &PostQuery) -> Self {
        if !query.filter.search.is_empty() {
            Self::Search
        } else if query.window.limit > SHORT_LIST {
            Self::LongList
        } else {
            Self::Lookup
        }
    }
}

/// The gates of all kinds of calls.
#[derive(Debug)]
pub(super) struct Gates {
    lookup: (usize, Gate),
    long_list: (usize, Gate),
    search: (usize, Gate),
    write: (usize, Gate),
}

impl Gates {
    /// Reads use processors, not the disk, so there are about as many permits as processors. There
    /// are at least two, so that one slow call does not stop all others. There are at least three
    /// searches, so that they get most of the time of a processor that also refuses searches.
    pub(super) fn sqlite() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self::new(processors.clamp(2, 16), 2, processors.clamp(3, 16), 1)
    }

    /// Each permit has a connection, which is a process of the server.
    pub(super) fn postgres() -> Self {
        Self::new(6, 2, 4, 7)
    }

    fn new(lookup: usize, long_list: usize, search: usize, write: usize) -> Self {
        let gate = |permits| (permits, Gate::new(permits));
        Self {
            lookup: gate(lookup),
            long_list: gate(long_list),
            search: gate(search),
            write: gate(write),
        }
    }

    /// Returns the number of all permits.
    pub(super) fn permits(&self) -> usize {
        [&self.lookup, &self.long_list, &self.search, &self.write].map(|gate| gate.0).iter().sum()
    }

    pub(super) const fn of(&self, workload: Workload) -> &Gate {
        match workload {
            Workload::Lookup => &self.lookup.1,
            Workload::LongList => &self.long_list.1,
            Workload::Search => &self.search.1,
            Workload::Write => &self.write.1,
        }
    }
}
