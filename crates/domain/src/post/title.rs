//! The title of a post.

use std::fmt;

use garde::Validate;

use crate::rules::{InvalidValue, bounds, checked, no_null_character};

/// The title of a post: [`Title::MIN_CHARS`] to [`Title::MAX_CHARS`] Unicode code points, none of
/// them U+0000.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Validate)]
pub struct Title(
    #[garde(
        adapt(bounds),
        length(chars, min = Title::MIN_CHARS, max = Title::MAX_CHARS),
        custom(no_null_character)
    )]
    String,
);

impl Title {
    /// The minimum length, in code points.
    pub const MIN_CHARS: usize = 3;
    /// The maximum length, in code points.
    pub const MAX_CHARS: usize = 100;

    /// Creates a title from `text`, unchanged.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] with a message for every rule that `text` breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidValue> {
        checked(Self(text.into()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts the title into its text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn messages(text: &str) -> Vec<String> {
        Title::new(text).unwrap_err().into_messages()
    }

    #[test]
    fn the_shortest_and_the_longest_title_are_valid_and_unchanged() {
        for length in [Title::MIN_CHARS, Title::MAX_CHARS] {
            let text = "a".repeat(length);
            assert_eq!(Title::new(text.clone()).unwrap().as_str(), text);
        }
    }

    #[test]
    fn shorter_and_longer_titles_get_the_same_message() {
        for length in [0, Title::MIN_CHARS - 1, Title::MAX_CHARS + 1] {
            assert_eq!(messages(&"a".repeat(length)), ["Length must be between 3 and 100."]);
        }
    }

    #[test]
    fn the_length_is_counted_in_code_points() {
        assert!(Title::new("🦀".repeat(Title::MAX_CHARS)).is_ok());
        assert!(Title::new("🦀".repeat(Title::MIN_CHARS - 1)).is_err());
    }

    #[test]
    fn a_null_character_is_invalid() {
        assert_eq!(messages("a\0bc"), ["Null characters are not allowed."]);
    }

    #[test]
    fn every_broken_rule_is_reported() {
        assert_eq!(
            messages("\0"),
            ["Null characters are not allowed.", "Length must be between 3 and 100."]
        );
    }

    proptest! {
        #[test]
        fn a_title_is_valid_exactly_when_it_keeps_every_rule(text in "(?s).{0,120}") {
            let length = text.chars().count();
            let valid = (Title::MIN_CHARS..=Title::MAX_CHARS).contains(&length)
                && !text.contains('\0');

            prop_assert_eq!(Title::new(text).is_ok(), valid);
        }
    }
}
