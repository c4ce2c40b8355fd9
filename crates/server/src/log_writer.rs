//! Writes the log on a thread of its own, so that a log that no process reads does not stop the
//! server.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;

/// The maximum number of lines that wait to be written. Further lines are dropped and counted.
const MAX_WAITING_LINES: usize = 10_000;

/// A started log. Dropping it writes the lines that wait, within about a second.
pub struct Log {
    _thread: WorkerGuard,
}

impl Log {
    /// Starts the thread that writes to `output`.
    pub(crate) fn start(output: impl io::Write + Send + 'static) -> (LogWriter, Self) {
        let (lines, thread) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(MAX_WAITING_LINES)
            .thread_name("blog-log")
            .finish(output);
        let dropped = lines.error_counter();
        let writer = LogWriter { lines, dropped, reported: Arc::default() };
        (writer, Self { _thread: thread })
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

/// Gives log lines to the thread that writes them.
#[derive(Debug, Clone)]
pub(crate) struct LogWriter {
    lines: NonBlocking,
    /// The number of lines dropped since the start.
    dropped: ErrorCounter,
    /// The number of dropped lines that the log itself has reported.
    reported: Arc<AtomicUsize>,
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl io::Write for LogWriter {
    /// Writes one line. Before it, reports the lines that were dropped.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let dropped = self.dropped.dropped_lines();
        let reported = self.reported.swap(dropped, Ordering::Relaxed);
        if dropped > reported {
            let report = format!("dropped {} log lines\n", dropped - reported);
            self.lines.write_all(report.as_bytes())?;
        }
        self.lines.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        sync::{Mutex, mpsc},
    };

    use super::*;

    /// An output that blocks until the test lets it write.
    struct Blocked {
        unblock: mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl io::Write for Blocked {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.unblock.recv();
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_dropped_and_counted_while_the_output_blocks() {
        let (sender, unblock) = mpsc::channel();
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let (mut writer, log) = Log::start(Blocked { unblock, written: Arc::clone(&written) });

        for _ in 0..2 * MAX_WAITING_LINES {
            writer.write_all(b"a line\n").unwrap();
        }
        drop(sender);
        while writer.lines.error_counter().dropped_lines()
            == writer.reported.load(Ordering::Relaxed)
            || !String::from_utf8_lossy(&written.lock().unwrap()).contains("dropped")
        {
            writer.write_all(b"a later line\n").unwrap();
        }
        drop(log);

        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let is_report = |line: &&str| line.starts_with("dropped ") && line.ends_with(" log lines");
        assert!(written.lines().filter(is_report).count() > 0);
    }
}
