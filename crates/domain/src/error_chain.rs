//! Text for a log: the causes of an error, and the message of a panic.

use std::{any::Any, error::Error, iter};

/// Formats an error and its causes, separated by `: `. The root cause is last.
///
/// ```
/// #[derive(Debug, thiserror::Error)]
/// #[error("cannot read the file")]
/// struct Unreadable(#[source] std::io::Error);
///
/// let error = Unreadable(std::io::Error::other("disk failure"));
///
/// assert_eq!(domain::error_chain(&error), "cannot read the file: disk failure");
/// ```
#[must_use]
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let chain = iter::successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Returns the message of a caught panic, or "no message" if its payload is not a text.
///
/// ```
/// let panic = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new("oh"))).unwrap_err();
///
/// assert_eq!(domain::panic_message(&*panic), "oh");
/// ```
#[must_use]
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
