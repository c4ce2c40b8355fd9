//! The kinds of calls. Each kind has a lane of its own, so that it does not wait for the others.

use std::{io, num::NonZero, sync::Arc, thread::available_parallelism};

use domain::PostQuery;

use super::{
    connections::Connections,
    lane::{Lane, Size},
};
use crate::database::{Database, OpenedFile};

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

/// The lanes of all kinds of calls.
#[derive(Debug)]
pub(super) struct Lanes {
    lookup: Lane,
    short_list: Lane,
    long_list: Lane,
    search: Lane,
    write: Lane,
}

impl Lanes {
    /// Starts the lanes for a database. `file` is the opened file of an SQLite database.
    pub(super) fn start(database: Database, file: Option<Arc<OpenedFile>>) -> io::Result<Self> {
        let sizes = match &database {
            Database::Sqlite(_) => sqlite(),
            Database::Postgres(_) => postgres(),
        };
        let connections = sizes.iter().map(|size| size.threads).sum();
        let connections = Connections::new(database, file, connections);
        let [lookup, short_list, long_list, search, write] = sizes;
        let start = |name, size| Lane::start(name, size, &connections);
        Ok(Self {
            lookup: start("lookup", lookup)?,
            short_list: start("short-list", short_list)?,
            long_list: start("long-list", long_list)?,
            search: start("search", search)?,
            write: start("write", write)?,
        })
    }

    pub(super) const fn of(&self, workload: Workload) -> &Lane {
        match workload {
            Workload::Lookup => &self.lookup,
            Workload::ShortList => &self.short_list,
            Workload::LongList => &self.long_list,
            Workload::Search => &self.search,
            Workload::Write => &self.write,
        }
    }
}

/// The sizes of the lanes for SQLite, in the order of the fields of [`Lanes`].
///
/// Reads use processors, not the disk. So each lane except that of long lists has as many threads as
/// there are processors, up to 16. Each has at least two, so that one slow call does not stop all
/// others. The lane of searches has at least three: on one processor, three searches together get
/// more time than the thread that refuses further searches.
///
/// Lookups and short lists take microseconds, so that a thread runs several of them at once.
fn sqlite() -> [Size; 5] {
    let processors = available_parallelism().map_or(1, NonZero::get);
    let fast = processors.clamp(2, 16);
    [
        Size { threads: fast, batch: 32, is_slow: false },
        Size { threads: fast, batch: 8, is_slow: false },
        Size { threads: 2, batch: 1, is_slow: true },
        Size { threads: processors.clamp(3, 16), batch: 1, is_slow: true },
        // The writer thread writes.
        Size { threads: 0, batch: 1, is_slow: false },
    ]
}

/// The sizes of the lanes for PostgreSQL. Each connection is a process of the PostgreSQL server, so
/// there are few threads.
fn postgres() -> [Size; 5] {
    [4, 4, 2, 4, 7].map(|threads| Size { threads, batch: 1, is_slow: false })
}
