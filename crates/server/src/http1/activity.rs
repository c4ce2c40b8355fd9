//! What a connection is doing, and its deadlines.

use std::{cell::Cell, rc::Rc};

use tokio::time::Instant;

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
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No byte of the next request has arrived.
    Idle,
    /// A part of the head of a request has arrived.
    Head,
    /// A request is in progress.
    Request,
}

/// A client does not receive bytes as fast as the server sends them.
#[derive(Clone, Copy)]
struct Stall {
    since: Instant,
    /// The bytes that the client has received since then.
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
            phase: Cell::new(Phase::Head),
            since: Cell::new(Instant::now()),
            stall: Cell::new(None),
        }))
    }

    /// Bytes arrived. Returns whether they begin the head of a request.
    pub(super) fn received(&self) -> bool {
        let begins_head = self.is_idle();
        if begins_head {
            self.begin(Phase::Head);
        }
        begins_head
    }

    /// A request begins. It is in progress until the result is dropped.
    pub(super) fn begin_request(&self) -> RequestInProgress {
        self.begin(Phase::Request);
        RequestInProgress(self.clone())
    }

    /// The client received `bytes`.
    pub(super) fn sent(&self, bytes: usize) {
        if let Some(stall) = self.0.stall.get() {
            let bytes = stall.bytes.saturating_add(bytes);
            let is_over = bytes >= ConnectionLimits::MIN_BYTES_PER_STALL;
            self.0.stall.set((!is_over).then_some(Stall { bytes, ..stall }));
        }
    }

    /// The server waits for the client to receive bytes.
    pub(super) fn waits_to_send(&self) {
        if self.0.stall.get().is_none() {
            self.0.stall.set(Some(Stall { since: Instant::now(), bytes: 0 }));
        }
    }

    /// The client received everything that there was to send.
    pub(super) fn sent_all(&self) {
        self.0.stall.set(None);
    }

    /// Returns whether a part of the head of a request has arrived, but not all of it.
    pub(super) fn is_in_head(&self) -> bool {
        self.0.phase.get() == Phase::Head
    }

    /// Returns whether no request is in progress and none has begun to arrive.
    pub(super) fn is_idle(&self) -> bool {
        self.0.phase.get() == Phase::Idle
    }

    /// Returns the deadline that the client missed.
    pub(super) fn overdue(&self) -> Option<Overdue> {
        if self.0.stall.get().is_some_and(|stall| stall.since.elapsed() >= self.0.limits.stall) {
            return Some(Overdue::Stalled);
        }
        let elapsed = self.0.since.get().elapsed();
        match self.0.phase.get() {
            Phase::Idle if elapsed >= self.0.limits.idle => Some(Overdue::Idle),
            Phase::Head if elapsed >= self.0.limits.head => Some(Overdue::Head),
            _ => None,
        }
    }

    fn begin(&self, phase: Phase) {
        self.0.phase.set(phase);
        self.0.since.set(Instant::now());
    }
}

/// A request in progress. It ends when this is dropped.
pub(super) struct RequestInProgress(Activity);

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        self.0.begin(Phase::Idle);
    }
}
