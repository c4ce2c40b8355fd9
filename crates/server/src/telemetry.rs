//! What is told to whoever runs the server: a log on standard error, and on standard output where
//! the API is.

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    net::SocketAddr,
    process::ExitCode,
};

use tracing_subscriber::EnvFilter;

use crate::archive::Digest;

/// What is logged unless set otherwise. The pool of connections says of each attempt what every
/// request that was in need of one says too.
pub const DEFAULT_LOG: &str = "info,actix_server=warn,r2d2=off";

/// Starts logging what `filter` lets through. A filter that cannot be read is said to be so, and
/// the default takes its place.
pub fn start(filter: &str) {
    let parsed = EnvFilter::try_new(filter);
    let unreadable = parsed.is_err();
    tracing_subscriber::fmt()
        .with_env_filter(parsed.unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG)))
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        // Said on standard error, which is what does not work then, and not to be ended for.
        .log_internal_errors(false)
        .init();
    if unreadable {
        tracing::warn!(filter, using = DEFAULT_LOG, "cannot read the log filter");
    }
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
