//! The signals that stop the process (POSIX).

use std::{io, process, thread, time::Duration};

use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
};

/// The exit code of a process that stops because of a second signal: 128 and the number of SIGINT,
/// as a shell reports it.
const INTERRUPTED: i32 = 130;

/// The handlers of the signals. From their installation on, no signal ends the process by itself.
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
    /// The process ends at the latest after `drain`. Everything that was acknowledged is stored, so
    /// that is no failure.
    pub async fn stop(mut self, drain: Duration) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            process::exit(INTERRUPTED);
        });
        // A thread, because the runtime may be waiting for a call that does not return.
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
