//! A progress bar on standard error. It is shown only if standard error is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Creates a progress bar for `total` posts, of which `done` are already copied.
pub(super) fn bar(what: &'static str, total: u64, done: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} posts, {per_sec}, {eta} left");
    let bar = ProgressBar::new(total).with_message(what).with_position(done);
    bar.reset_eta();
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
