//! The content of a post.

use garde::Validate;

use crate::rules::{InvalidValue, bounds, checked, no_null_character};

/// The text of a post: at least [`Content::MIN_CHARS`] Unicode code points, none of them U+0000.
///
/// There is no maximum length. The HTTP adapter limits the size of a request body.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Validate)]
pub struct Content(
    #[garde(
        adapt(bounds),
        length(chars, min = Content::MIN_CHARS),
        custom(no_null_character)
    )]
    String,
);

impl Content {
    /// The minimum length, in code points.
    pub const MIN_CHARS: usize = 10;

    /// Creates a content from `text`, unchanged.
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

    /// Converts the content into its text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        Content::new(text).unwrap_err().into_messages()
    }

    #[test]
    fn the_shortest_content_is_valid_and_unchanged() {
        let text = "x".repeat(Content::MIN_CHARS);
        assert_eq!(Content::new(text.clone()).unwrap().as_str(), text);
    }

    #[test]
    fn a_very_long_content_is_valid() {
        assert!(Content::new("x".repeat(1 << 20)).is_ok());
    }

    #[test]
    fn a_shorter_content_is_invalid() {
        for length in [0, Content::MIN_CHARS - 1] {
            assert_eq!(messages(&"x".repeat(length)), ["Shorter than minimum length 10."]);
        }
    }

    #[test]
    fn the_length_is_counted_in_code_points() {
        assert!(Content::new("🦀".repeat(Content::MIN_CHARS)).is_ok());
        assert!(Content::new("🦀".repeat(Content::MIN_CHARS - 1)).is_err());
    }

    #[test]
    fn a_null_character_is_invalid() {
        assert_eq!(messages("0123456789\0"), ["Null characters are not allowed."]);
    }

    #[test]
    fn every_broken_rule_is_reported() {
        assert_eq!(
            messages("\0"),
            ["Null characters are not allowed.", "Shorter than minimum length 10."]
        );
    }
}
