//! The end of a connection when the server stops.

use std::{cell::Cell, time::Duration};

use http::header::{CONNECTION, HeaderValue};
use tokio::time::Instant;

/// How long an idle connection stays open after the server begins to stop. So a request that is
/// already on its way still gets a response.
pub(super) const LAST_REQUEST_TIMEOUT: Duration = Duration::from_millis(500);

/// The value of the `Connection` header in the last response of a connection.
pub(super) const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// The time at which a connection learned that the server begins to stop. `None` before that.
#[derive(Default)]
pub(super) struct Draining(Cell<Option<Instant>>);

impl Draining {
    pub(super) fn begin(&self) {
        self.0.set(Some(Instant::now()));
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.get().is_some()
    }

    /// Returns whether a connection without a request in progress may be closed.
    pub(super) fn is_over(&self) -> bool {
        self.0.get().is_some_and(|begun| begun.elapsed() >= LAST_REQUEST_TIMEOUT)
    }

    /// Tells the client that this is the last response, if the server stops.
    pub(super) fn announce<B>(&self, mut response: http::Response<B>) -> http::Response<B> {
        if self.has_begun() {
            response.headers_mut().insert(CONNECTION, CLOSE);
        }
        response
    }
}
