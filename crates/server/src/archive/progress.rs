//! How far it has come, for whoever watches: on standard error, and only where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of `total` posts, of which `done` are done.
pub(super) fn bar(what: &'static str, total: u64, done: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} posts, {per_sec}, {eta} to go");
    let bar = ProgressBar::new(total).with_message(what).with_position(done);
    bar.reset_eta();
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
