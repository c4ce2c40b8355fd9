//! Admission: how many calls run at once, and how many may wait.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::StorageError;

/// The maximum expected wait of a call. A call that would have to wait longer is refused at once.
/// The maximum is shorter than the deadline of a call, so that a call can still run after its wait.
const MAX_WAIT: Duration = Duration::from_millis(1_500);

/// The weight of the last call in the average duration of calls is one divided by this number.
const AVERAGED_CALLS: u64 = 64;

/// The average duration that is assumed before any call has ended, in microseconds.
const INITIAL_AVERAGE_MICROS: u64 = 5_000;

/// Admits calls of one kind. Clones share the permits.
///
/// A permit belongs to the call, not to its caller. A call whose caller has timed out keeps its
/// permit until the database has finished it. So a slow database does not get more calls at once
/// than a fast one.
#[derive(Debug, Clone)]
pub(super) struct Gate(Arc<State>);

#[derive(Debug)]
struct State {
    permits: Arc<Semaphore>,
    /// The number of permits.
    parallel: u64,
    waiting: AtomicUsize,
    /// The average duration of a call, in microseconds.
    average: AtomicU64,
    /// The last time when a call ended, or when a call began while no other call ran. In
    /// microseconds after `start`.
    last_change: AtomicU64,
    start: Instant,
}

impl State {
    fn new(parallel: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(parallel)),
            parallel: u64::try_from(parallel).unwrap_or(u64::MAX).max(1),
            waiting: AtomicUsize::new(0),
            average: AtomicU64::new(INITIAL_AVERAGE_MICROS),
            last_change: AtomicU64::new(0),
            start: Instant::now(),
        }
    }
}

impl Gate {
    /// Admits up to `parallel` calls at once.
    pub(super) fn new(parallel: usize) -> Self {
        Self(Arc::new(State::new(parallel)))
    }

    /// Waits until the call may run.
    ///
    /// # Errors
    ///
    /// [`StorageError::Overloaded`], at once, if the call would have to wait too long.
    pub(super) async fn enter(&self) -> Result<Permit, StorageError> {
        if self.running() == 0 {
            // Nothing runs, so the time since the last change says nothing.
            self.note_change();
        }
        let permits = Arc::clone(&self.0.permits);
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            return Ok(self.permit(permit));
        }
        let waiting = self.wait();
        if self.expected_wait(waiting.position) > MAX_WAIT {
            return Err(StorageError::Overloaded);
        }
        let permit = permits.acquire_owned().await.map_err(|_| StorageError::Closed)?;
        Ok(self.permit(permit))
    }

    fn permit(&self, permit: OwnedSemaphorePermit) -> Permit {
        Permit { gate: self.clone(), start: Instant::now(), _permit: permit }
    }

    fn wait(&self) -> Waiting<'_> {
        Waiting { gate: self, position: self.0.waiting.fetch_add(1, Ordering::Relaxed) }
    }

    /// Returns whether a call runs, and no call has ended for longer than [`MAX_WAIT`].
    pub(super) fn is_stuck(&self) -> bool {
        self.running() > 0 && self.expected_wait(0) > MAX_WAIT
    }

    /// Returns the number of calls that have a permit.
    fn running(&self) -> u64 {
        let free = u64::try_from(self.0.permits.available_permits()).unwrap_or(u64::MAX);
        self.0.parallel.saturating_sub(free)
    }

    /// Estimates how long a call waits if `calls` other calls wait before it.
    fn expected_wait(&self, calls: usize) -> Duration {
        let calls = u64::try_from(calls).unwrap_or(u64::MAX);
        let average = self.0.average.load(Ordering::Relaxed);
        let queue = calls.saturating_mul(average) / self.0.parallel;
        // If no call ends, the average says nothing: the database may hang.
        let last_change = self.0.last_change.load(Ordering::Relaxed);
        let stuck = self.now().saturating_sub(last_change);
        Duration::from_micros(queue.max(stuck))
    }

    fn finished(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let average = self.0.average.load(Ordering::Relaxed);
        // A lost update of a concurrent call does not matter in an average.
        let average =
            (average.saturating_mul(AVERAGED_CALLS - 1).saturating_add(took)) / AVERAGED_CALLS;
        self.0.average.store(average, Ordering::Relaxed);
        self.note_change();
    }

    #[cfg(test)]
    fn with_start(&self, start: Instant) -> Self {
        let permits = Arc::clone(&self.0.permits);
        Self(Arc::new(State { start, permits, ..State::new(1) }))
    }

    fn note_change(&self) {
        self.0.last_change.store(self.now(), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A call that waits. It may stop waiting at any time.
struct Waiting<'a> {
    gate: &'a Gate,
    /// The number of calls that waited before it.
    position: usize,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.gate.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The right to run a call. The right ends when this value is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Gate,
    start: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.finished(self.start.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn as_many_calls_run_as_there_are_permits() {
        let gate = Gate::new(2);
        let first = gate.enter().now_or_never().unwrap().unwrap();
        let _second = gate.enter().now_or_never().unwrap().unwrap();

        assert!(gate.enter().now_or_never().is_none(), "the third waits");

        drop(first);
        assert!(gate.enter().now_or_never().unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_call_that_would_wait_too_long_is_refused_at_once() {
        let gate = Gate::new(1);
        // On average, a call takes a third of the maximum wait.
        gate.0.average.store(u64::try_from(MAX_WAIT.as_micros()).unwrap() / 3, Ordering::Relaxed);
        let _running = gate.enter().await.unwrap();
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(gate.enter())).collect();
        for call in &mut waiting {
            assert!(call.as_mut().now_or_never().is_none());
        }

        let refused = gate.enter().now_or_never().unwrap();

        assert!(matches!(refused, Err(StorageError::Overloaded)), "{refused:?}");
        // Calls that stop waiting no longer count.
        waiting.truncate(2);
        assert!(gate.enter().now_or_never().is_none());
    }

    #[tokio::test]
    async fn calls_are_refused_while_no_call_ends() {
        let gate = Gate::new(1);
        let running = gate.enter().await.unwrap();
        assert!(gate.enter().now_or_never().is_none());

        // As if the running call had begun longer ago than a call may wait.
        let start = Instant::now().checked_sub(2 * MAX_WAIT).unwrap();
        let gate = gate.with_start(start);

        assert!(matches!(gate.enter().now_or_never(), Some(Err(StorageError::Overloaded))));
        drop(running);
        assert!(gate.enter().now_or_never().unwrap().is_ok());
    }
}
