//! What is told to whoever runs the server: a log on standard error, and on standard output where
//! the API is.

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    net::SocketAddr,
    process::ExitCode,
};

use thiserror::Error;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    prelude::*,
};

use crate::archive::Digest;

/// What is logged unless set otherwise. The pool of connections says of each attempt what every
/// request that was in need of one says too.
pub const DEFAULT_LOG: &str = "info,actix_server=warn,r2d2=off";

/// Starts logging what `filter` lets through: a level, or levels by module, separated by commas.
///
/// # Errors
///
/// [`InvalidLogFilter`] when it is none.
pub fn start(filter: &str) -> Result<(), InvalidLogFilter> {
    let targets = targets(filter)?;
    let lines = fmt::layer()
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        // Said on standard error, which is what does not work then, and not to be ended for.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(targets).with(lines).init();
    Ok(())
}

/// A part of a log filter is neither a level nor a module with its level.
#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "cannot use the log filter: {0:?} is neither a level nor MODULE=LEVEL; levels are off, error, \
     warn, info, debug and trace"
)]
pub struct InvalidLogFilter(String);

/// Reads a filter. A word that is no level is refused: taken for a module, as is common, it would
/// turn off the log of all others.
fn targets(filter: &str) -> Result<Targets, InvalidLogFilter> {
    let mut targets = Targets::new();
    for part in filter.split(',').map(str::trim) {
        let (module, level) = match part.split_once('=') {
            Some((module, level)) => (Some(module.trim_end()), level.trim_start()),
            None => (None, part),
        };
        let level = level.parse().ok().filter(|_| !level.is_empty() && module != Some(""));
        let level: LevelFilter = level.ok_or_else(|| InvalidLogFilter(part.to_owned()))?;
        targets = match module {
            Some(module) => targets.with_target(module, level),
            None => targets.with_default(level),
        };
    }
    Ok(targets)
}

/// Says where the API and its documentation are.
pub fn announce(address: SocketAddr) {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "whoever can reach this address can write posts");
    }
    // Whoever closed our standard output does not want to know.
    let _ = writeln!(
        io::stdout(),
        "API:  http://{address}/api/posts\nDocs: http://{address}/api/docs/swagger"
    );
}

/// Says what was moved: on standard error, as standard output may be where it went.
pub fn report(digest: &Digest) {
    let _ = writeln!(io::stderr(), "{digest}");
}

/// Says in one line why the program ends.
pub fn fail(error: &dyn Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "blog-api: {error}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::*;

    #[test]
    fn the_default_filter_can_be_read() {
        assert!(targets(DEFAULT_LOG).is_ok());
    }

    #[test]
    fn a_filter_sets_a_level_for_all_modules_and_for_some() {
        let by_module = Targets::new().with_target("http_actix", LevelFilter::DEBUG);

        for (filter, expected) in [
            ("off", Targets::new().with_default(LevelFilter::OFF)),
            ("WARN", Targets::new().with_default(LevelFilter::WARN)),
            ("http_actix=debug", by_module.clone()),
            ("info, http_actix = debug", by_module.with_default(LevelFilter::INFO)),
        ] {
            assert_eq!(targets(filter), Ok(expected), "{filter}");
        }
    }
}
