//! The output of the program: the log on standard error, and the URLs of the API on standard
//! output.

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    net::SocketAddr,
    process::ExitCode,
};

use http_actix::AuthMode;
use thiserror::Error;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    prelude::*,
};

use crate::archive::Digest;
pub use crate::log_writer::Log;

/// The default log filter. `r2d2` is off, because it logs every failed attempt to connect to the
/// database. The requests that fail for this reason are logged anyway.
pub const DEFAULT_LOG: &str = "info,actix_server=warn,r2d2=off";

/// Starts the log with a filter: a level, or levels by module, separated by commas.
///
/// # Errors
///
/// [`InvalidLogFilter`] when a part of the filter is invalid.
///
/// # Panics
///
/// When the process has already started a log.
#[must_use = "the last lines are written when the log is dropped"]
pub fn start(filter: &str) -> Result<Log, InvalidLogFilter> {
    let targets = targets(filter)?;
    let (writer, log) = Log::start(io::stderr());
    let lines = fmt::layer()
        .with_ansi(io::stderr().is_terminal())
        .with_writer(writer)
        // Otherwise the layer would report a failed write with `eprintln!`. That panics if
        // standard error cannot be written.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(targets).with(lines).init();
    Ok(log)
}

/// The error of an invalid log filter: one part is neither a level nor a module with a level.
#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "cannot use the log filter: {0:?} is neither a level nor MODULE=LEVEL; levels are off, error, \
     warn, info, debug and trace"
)]
pub struct InvalidLogFilter(String);

/// Parses a filter.
///
/// A part without `=` must be a level. The parser of `Targets` would read an unknown level as the
/// name of a module. So a misspelt level would turn off the log of all other modules.
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

/// Prints the URLs of the API and of its documentation on standard output.
///
/// Logs a warning when other machines can reach a server without keys.
pub fn print_urls(address: SocketAddr, auth: AuthMode) {
    if auth == AuthMode::Off && !address.ip().to_canonical().is_loopback() {
        tracing::warn!(
            %address,
            "any client that can reach this address can create, change and delete posts"
        );
    }
    // Standard output may be closed. The server does not depend on it.
    let _ = writeln!(
        io::stdout(),
        "API:  http://{address}/api/posts\nDocs: http://{address}/api/docs/swagger"
    );
}

/// Prints the digest of the copied posts on standard error. Standard output may contain the posts.
pub fn print_digest(digest: &Digest) {
    let _ = writeln!(io::stderr(), "{digest}");
}

/// Prints the error that ends the program on standard error, and returns the exit code.
#[must_use = "the exit code must be returned from `main`"]
pub fn print_failure(error: &dyn Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "blog-api: {error}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::*;

    #[test]
    fn the_default_filter_is_valid() {
        assert!(targets(DEFAULT_LOG).is_ok());
    }

    #[test]
    fn a_filter_sets_a_default_level_and_levels_by_module() {
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
