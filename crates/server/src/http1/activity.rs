//! What a connection is doing, and its deadlines.

use std::{cell::Cell, io, rc::Rc, task::Poll};

use tokio::time::Instant;

use super::boundary::Boundary;
use crate::limits::ConnectionLimits;

/// What a connection is doing. The socket, the requests and the deadlines of a connection share it.
#[derive(Clone)]
pub(super) struct Activity(Rc<State>);

struct State {
    limits: ConnectionLimits,
    phase: Cell<Phase>,
    /// When the phase began.
    since: Cell<Instant>,
    /// `None` while the client receives bytes as fast as the server sends them.
    stall: Cell<Option<Stall>>,
    boundary: Cell<Boundary>,
    /// Whether the head of a response was created and not written yet.
    head_is_due: Cell<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The connection is new, and no byte has arrived.
    New,
    /// No byte of the next request has arrived.
    Idle,
    /// A part of the head of a request has arrived.
    Head,
    /// A request is in progress.
    Request,
    /// The response is complete, but not all of it is written to the socket.
    Sending,
}

/// A time in which a client does not receive bytes as fast as the server sends them.
#[derive(Clone, Copy)]
struct Stall {
    since: Instant,
    /// The number of bytes that the client has received since then.
    bytes: usize,
}

/// A deadline that a client missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The client sent no request.
    Idle,
    /// The client did not send the head of a request in time.
    Head,
    /// The client does not receive the response.
    Stalled,
}

impl Activity {
    /// Returns the activity of a new connection.
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self(Rc::new(State {
            limits,
            phase: Cell::new(Phase::New),
            since: Cell::new(Instant::now()),
            stall: Cell::new(None),
            boundary: Cell::new(Boundary::START),
            head_is_due: Cell::new(false),
        }))
    }

    /// Records that `bytes` bytes arrived. Returns whether they begin the head of a request.
    pub(super) fn received(&self, bytes: usize) -> bool {
        let begins_head = self.is_idle();
        if begins_head {
            self.begin(Phase::Head);
            self.0.boundary.set(self.0.boundary.get().begin());
        }
        self.0.boundary.set(self.0.boundary.get().receive(bytes));
        begins_head
    }

    /// Records the length of the head of a request. `None`: it is not known.
    pub(super) fn received_head(&self, length: Option<usize>) {
        self.0.boundary.set(self.0.boundary.get().with_head(length));
    }

    /// Records that hyper received bytes that belong to no request, or to an unknown one.
    pub(super) fn lose_boundary(&self) {
        self.0.boundary.set(Boundary::LOST);
    }

    /// Returns whether the next bytes begin a request, and hyper has parsed all earlier bytes.
    pub(super) fn is_between_requests(&self) -> bool {
        self.is_idle() && self.0.boundary.get().is_reached()
    }

    /// Records that a response is being sent without hyper.
    pub(super) fn begin_sending(&self) {
        self.begin(Phase::Sending);
    }

    /// Records that a request with a body of `body` bytes begins; `None`: its length is not known.
    /// It is in progress until the result is dropped.
    pub(super) fn begin_request(&self, body: Option<u64>) -> RequestInProgress {
        // If a request follows another one without a pause, its bytes were counted for that one.
        let is_counted = self.is_in_head();
        let boundary = self.0.boundary.get().with_body(body);
        self.0.boundary.set(if is_counted { boundary } else { Boundary::LOST });
        self.begin(Phase::Request);
        RequestInProgress(self.clone())
    }

    /// Records that a response has begun.
    pub(super) fn begin_response(&self) {
        self.0.head_is_due.set(true);
    }

    /// Returns whether the next bytes that are written begin a response.
    pub(super) fn head_is_due(&self) -> bool {
        self.0.head_is_due.get()
    }

    /// Returns whether hyper has parsed no request since the last response was sent. If hyper
    /// writes bytes in this state, they are its own response to a malformed head.
    pub(super) fn is_before_request(&self) -> bool {
        matches!(self.0.phase.get(), Phase::New | Phase::Idle | Phase::Head)
    }

    /// Records that hyper has nothing more to write.
    pub(super) fn flushed(&self) {
        if self.0.phase.get() == Phase::Sending {
            self.begin(Phase::Idle);
        }
    }

    /// Records the result of a write of `length` bytes. If fewer bytes were written, the client
    /// does not receive bytes as fast as the server sends them.
    pub(super) fn wrote(&self, written: &Poll<io::Result<usize>>, length: usize) {
        let stall = match written {
            Poll::Pending => self.stall_or_now(0),
            Poll::Ready(Ok(written)) if *written < length => self.stall_or_now(*written),
            Poll::Ready(_) => None,
        };
        self.0.stall.set(stall);
        if written.is_ready() {
            self.0.head_is_due.set(false);
        }
    }

    /// Adds `bytes` received bytes to the current stall, or to a new one. Returns `None` if the
    /// client has received enough to end the stall.
    fn stall_or_now(&self, bytes: usize) -> Option<Stall> {
        let stall = self.0.stall.get().unwrap_or(Stall { since: Instant::now(), bytes: 0 });
        let bytes = stall.bytes.saturating_add(bytes);
        (bytes < ConnectionLimits::MIN_BYTES_PER_STALL).then_some(Stall { bytes, ..stall })
    }

    /// Returns whether a part of the head of a request has arrived, but not all of it.
    pub(super) fn is_in_head(&self) -> bool {
        self.0.phase.get() == Phase::Head
    }

    /// Returns whether no request is in progress and none has begun to arrive.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.0.phase.get(), Phase::New | Phase::Idle)
    }

    /// Returns the deadline that the client missed, if it missed one. `is_memory_scarce` is whether
    /// the responses that clients have not received leave little memory for others.
    pub(super) fn overdue(&self, is_memory_scarce: bool) -> Option<Overdue> {
        let ConnectionLimits { stall, stall_without_memory, .. } = self.0.limits;
        let limit = if is_memory_scarce { stall.min(stall_without_memory) } else { stall };
        if self.0.stall.get().is_some_and(|stall| stall.since.elapsed() >= limit) {
            return Some(Overdue::Stalled);
        }
        let elapsed = self.0.since.get().elapsed();
        match self.0.phase.get() {
            Phase::Idle if elapsed >= self.0.limits.idle => Some(Overdue::Idle),
            Phase::New if elapsed >= self.0.limits.head => Some(Overdue::Idle),
            Phase::Head if elapsed >= self.0.limits.head => Some(Overdue::Head),
            _ => None,
        }
    }

    fn begin(&self, phase: Phase) {
        self.0.phase.set(phase);
        self.0.since.set(Instant::now());
    }
}

/// A request in progress. It ends when this is dropped. Then hyper has the whole response, but may
/// not have written it.
pub(super) struct RequestInProgress(Activity);

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        self.0.begin(Phase::Sending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: usize = 40;

    /// Receives a head of `HEAD` bytes and `more` other bytes, and answers the request.
    fn answer(activity: &Activity, more: usize, body: Option<u64>) {
        activity.received(HEAD + more);
        activity.received_head(Some(HEAD));
        drop(activity.begin_request(body));
    }

    #[test]
    fn a_connection_is_between_requests_when_the_last_one_was_answered() {
        let activity = Activity::new(ConnectionLimits::default());
        assert!(activity.is_between_requests());

        answer(&activity, 10, Some(10));
        assert!(!activity.is_between_requests(), "the response is not sent");

        activity.flushed();
        assert!(activity.is_between_requests());
    }

    #[test]
    fn after_requests_without_a_pause_the_next_boundary_is_not_known() {
        let activity = Activity::new(ConnectionLimits::default());
        // The head of the second request is as long as its body, which has not arrived.
        answer(&activity, HEAD, Some(0));
        activity.flushed();

        drop(activity.begin_request(u64::try_from(HEAD).ok()));
        activity.flushed();

        assert!(!activity.is_between_requests());
    }

    #[test]
    fn after_line_breaks_the_next_boundary_is_not_known() {
        let activity = Activity::new(ConnectionLimits::default());
        activity.lose_boundary();

        answer(&activity, 0, Some(0));
        activity.flushed();

        assert!(!activity.is_between_requests());
    }
}
