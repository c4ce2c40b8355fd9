//! The messages for broken rules, and the error that contains them.

use thiserror::Error;

/// The error of a value that breaks at least one of its rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .messages.join(" "))]
pub struct InvalidValue {
    messages: Vec<String>,
}

impl InvalidValue {
    /// Returns one message for each broken rule. The messages can be shown to the sender of the
    /// value.
    #[must_use]
    pub fn into_messages(self) -> Vec<String> {
        self.messages
    }
}

/// Returns `value` if it keeps every rule that its type declares. Otherwise returns the messages of
/// all broken rules.
pub(crate) fn checked<T>(value: T) -> Result<T, InvalidValue>
where
    T: garde::Validate<Context = ()>,
{
    match value.validate() {
        Ok(()) => Ok(value),
        Err(report) => Err(InvalidValue {
            messages: report.iter().map(|(_, error)| error.message().to_owned()).collect(),
        }),
    }
}

/// Refuses U+0000, which PostgreSQL cannot store in text. The rule applies with every store, so
/// that all stores accept the same posts.
pub(crate) fn no_null_character(text: &str, _context: &()) -> garde::Result {
    if text.contains('\0') {
        return Err(garde::Error::new("Null characters are not allowed."));
    }
    Ok(())
}

/// Refuses every character except visible ASCII. Every visible ASCII character is allowed in the
/// value of an HTTP header (RFC 9110, section 5.5).
pub(crate) fn only_visible_ascii(text: &str, _context: &()) -> garde::Result {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(garde::Error::new("Only visible ASCII characters are allowed."));
    }
    Ok(())
}

/// Refuses control characters, so that a text stays on one line of an output.
pub(crate) fn no_control_character(text: &str, _context: &()) -> garde::Result {
    if text.chars().any(char::is_control) {
        return Err(garde::Error::new("Control characters are not allowed."));
    }
    Ok(())
}

/// Replaces garde's rules `range` and `length(chars)`, to give other messages. If a rule has a
/// minimum and a maximum, its message states both, no matter which one the value breaks.
pub(crate) mod bounds {
    pub(crate) mod range {
        pub(crate) fn apply(number: &u32, (min, max): (Option<u32>, Option<u32>)) -> garde::Result {
            let (min, max) = (min.unwrap_or(u32::MIN), max.unwrap_or(u32::MAX));
            if (min..=max).contains(number) {
                return Ok(());
            }
            Err(garde::Error::new(format!(
                "Must be greater than or equal to {min} and less than or equal to {max}."
            )))
        }
    }

    pub(crate) mod length {
        pub(crate) mod chars {
            /// Counts Unicode code points, as Python's `len` does.
            pub(crate) fn apply(text: &str, (min, max): (usize, usize)) -> garde::Result {
                if (min..=max).contains(&text.chars().count()) {
                    return Ok(());
                }
                Err(garde::Error::new(if max == usize::MAX {
                    format!("Shorter than minimum length {min}.")
                } else if min == usize::MIN {
                    format!("Longer than maximum length {max}.")
                } else {
                    format!("Length must be between {min} and {max}.")
                }))
            }
        }
    }
}
