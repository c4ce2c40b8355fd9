//! Writes the log on a separate thread. If no process reads the log, a write blocks only that
//! thread, not the server.

use std::{
    fmt,
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;

/// The maximum number of lines that wait to be written. Further lines are dropped and counted.
const MAX_WAITING_LINES: usize = 10_000;

/// A running log. Dropping it writes the waiting lines, for at most about a second.
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
        let writer =
            LogWriter { lines, dropped, reported: Arc::default(), last_dropped: Arc::default() };
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
    /// The number of dropped lines when the last line was written.
    last_dropped: Arc<AtomicUsize>,
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl io::Write for LogWriter {
    /// Writes one line. If lines were dropped since the last report, first writes their number.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.report_dropped_lines()?;
        self.lines.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }
}

impl LogWriter {
    fn report_dropped_lines(&mut self) -> io::Result<()> {
        let dropped = self.dropped.dropped_lines();
        let reported = self.reported.load(Ordering::Relaxed);
        // While lines are dropped, a report would be dropped too.
        if dropped <= reported || self.last_dropped.swap(dropped, Ordering::Relaxed) != dropped {
            return Ok(());
        }
        // Only one thread reports these lines.
        let exchanged =
            self.reported.compare_exchange(reported, dropped, Ordering::Relaxed, Ordering::Relaxed);
        if exchanged.is_ok() {
            let report = format!("dropped {} log lines\n", dropped - reported);
            self.lines.write_all(report.as_bytes())?;
            if self.dropped.dropped_lines() > dropped {
                // The report was dropped, too, so its lines stay unreported. The counter of dropped
                // lines includes the report, so the report counts as reported.
                self.reported.fetch_sub(dropped - reported - 1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

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

        let mut lines = 2 * MAX_WAITING_LINES;
        for _ in 0..lines {
            writer.write_all(b"a line\n").unwrap();
        }
        drop(sender);
        while writer.reported.load(Ordering::Relaxed) < writer.dropped.dropped_lines() {
            writer.write_all(b"a line\n").unwrap();
            lines += 1;
        }
        drop(log);

        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let dropped = written.lines().filter_map(|line| line.strip_prefix("dropped "));
        let dropped = dropped.map(|rest| rest.trim_end_matches(" log lines").parse::<usize>());
        let dropped: usize = dropped.map(Result::unwrap).sum();
        assert!(dropped > 0);
        assert_eq!(written.matches("a line\n").count() + dropped, lines);
    }
}
