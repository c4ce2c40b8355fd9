//! The signals that stop the process (POSIX).

use std::{io, process, thread, time::Duration};

use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
};

/// The exit code after a second signal: 128 plus the number of SIGINT (2), as shells report it.
const INTERRUPTED: i32 = 130;

/// The handlers of SIGTERM, SIGINT and SIGHUP. After they are installed, these signals no longer
/// end the process by themselves.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Installs the handlers. SIGHUP, which a closing terminal sends, has no effect.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] when a handler cannot be installed.
    ///
    /// # Panics
    ///
    /// Outside a runtime of tokio.
    pub fn install() -> io::Result<Self> {
        let _ = signal(SignalKind::hangup())?;
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Completes on the first SIGTERM or SIGINT. A second one ends the process at once.
    ///
    /// If the process still runs when `drain` has passed since the first signal, it ends with exit
    /// code 0. This is not a failure, because every acknowledged write is stored.
    pub async fn stop(mut self, drain: Duration) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            process::exit(INTERRUPTED);
        });
        // A thread instead of a task, because the runtime may wait for a call that does not return.
        // Meanwhile it runs no tasks.
        thread::spawn(move || {
            thread::sleep(drain);
            process::exit(0);
        });
    }

    async fn next(&mut self) {
        select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
