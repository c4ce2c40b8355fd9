//! The kinds of calls. Each kind has its own permits, so that it does not wait for the others.

use std::{num::NonZero, thread::available_parallelism};

use domain::PostQuery;

use super::gate::Gate;

/// The maximum number of posts of a short list.
const SHORT_LIST: u32 = 50;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Reads a post, the greatest id, an API key, or a secret.
    Lookup,
    /// Reads a short list.
    ShortList,
    /// Reads a long list, a page of the archive, the number of all posts, or all API keys.
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
            Self::ShortList
        }
    }
}

/// The gates of all kinds of calls.
#[derive(Debug)]
pub(super) struct Gates {
    lookup: (usize, Gate),
    short_list: (usize, Gate),
    long_list: (usize, Gate),
    search: (usize, Gate),
    write: (usize, Gate),
}

impl Gates {
    /// Reads use processors, not the disk. So each kind of read except long lists has as many
    /// permits as there are processors, up to 16. Each kind has at least two, so that one slow call
    /// does not stop all others. Searches have at least three: on one processor, three searches
    /// together get more time than the thread that refuses further searches.
    pub(super) fn sqlite() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        let lookups = processors.clamp(2, 16);
        Self::new([lookups, lookups, 2, processors.clamp(3, 16), 1])
    }

    /// Each call with a permit uses a connection. Each connection is a process of the PostgreSQL
    /// server, so there are few permits.
    pub(super) fn postgres() -> Self {
        Self::new([4, 4, 2, 4, 7])
    }

    /// `permits` has the number of permits of each kind, in the order of the fields.
    fn new(permits: [usize; 5]) -> Self {
        let [lookup, short_list, long_list, search, write] =
            permits.map(|permits| (permits, Gate::new(permits)));
        Self { lookup, short_list, long_list, search, write }
    }

    /// Returns the number of all permits.
    pub(super) fn permits(&self) -> usize {
        let Self { lookup, short_list, long_list, search, write } = self;
        [lookup, short_list, long_list, search, write].map(|gate| gate.0).iter().sum()
    }

    pub(super) const fn of(&self, workload: Workload) -> &Gate {
        match workload {
            Workload::Lookup => &self.lookup.1,
            Workload::ShortList => &self.short_list.1,
            Workload::LongList => &self.long_list.1,
            Workload::Search => &self.search.1,
            Workload::Write => &self.write.1,
        }
    }
}
