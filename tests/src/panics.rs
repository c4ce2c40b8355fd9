//! Panics that tests cause on purpose.

use std::panic;

/// The message of a panic that is part of a test.
pub const EXPECTED_PANIC: &str = "this panic is part of a test";

/// Sets a panic hook that does not print panics with the message [`EXPECTED_PANIC`].
///
/// In the output of the tests, these panics would look like failures.
pub fn hide_expected_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let message = payload.downcast_ref::<&str>().copied();
        let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        if message != Some(EXPECTED_PANIC) {
            report(panic);
        }
    }));
}
