//! The port to the revisions of posts.

use crate::{Dependency, Revision};

/// Tells whether posts have changed since an earlier read, without reading them. A cache needs it.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait PostRevisions: Send + Sync {
    /// Returns the current revision of a dependency. The result of a read is up to date while the
    /// revision is the same as before the read.
    ///
    /// Once a change of this store is visible to a reader, this method MUST NOT return the revision
    /// from before the change. The same applies to a change by another process, with a delay of at
    /// most [`MAX_STALENESS`](crate::MAX_STALENESS). A store that cannot fulfil these requirements,
    /// for a time or at all, MUST return `None`.
    ///
    /// MUST return at once, because the server calls it for each request.
    fn revision(&self, _dependency: Dependency) -> Option<Revision> {
        None
    }
}
