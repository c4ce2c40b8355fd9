//! The `Date` header.

use std::cell::RefCell;

use domain::ports::Clock as _;
use http_actix::http_date;

use crate::system::SystemClock;

/// Microseconds per second.
const SECOND: i64 = 1_000_000;

thread_local! {
    /// A time in whole seconds, and its text.
    static LAST: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

/// Calls `write` with the value of the `Date` header (RFC 9110, section 6.6.1).
///
/// Each thread formats the text once a second, because every response needs it.
pub(super) fn with_date<T>(write: impl FnOnce(&[u8]) -> T) -> T {
    LAST.with_borrow_mut(|(second, text)| {
        let now = SystemClock.now();
        let this_second = now.as_unix_micros().div_euclid(SECOND);
        if *second != this_second {
            (*second, *text) = (this_second, http_date(now));
        }
        write(text.as_bytes())
    })
}
