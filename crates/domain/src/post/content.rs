//! A post's body text.

use garde::Validate;

use crate::rules::{InvalidValue, checked, no_null_character, wording};

/// The body of a post: at least [`Content::MIN_CHARS`] Unicode code points, none of them U+0000.
/// How long it can be is for whoever receives it to limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Validate)]
pub struct Content(
    #[garde(
        adapt(wording),
        length(chars, min = Content::MIN_CHARS),
        custom(no_null_character)
    )]
    String,
);

impl Content {
    /// The fewest code points a content may have.
    pub const MIN_CHARS: usize = 10;

    /// Makes a content of `text`, unchanged.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] with every rule that `text` breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidValue> {
        checked(Self(text.into()))
    }

    /// The content's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The content's text, to keep.
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
    fn takes_the_shortest_unchanged() {
        let text = "x".repeat(Content::MIN_CHARS);
        assert_eq!(Content::new(text.clone()).unwrap().as_str(), text);
    }

    #[test]
    fn takes_a_very_long_one() {
        assert!(Content::new("x".repeat(1 << 20)).is_ok());
    }

    #[test]
    fn refuses_one_less() {
        for length in [0, Content::MIN_CHARS - 1] {
            assert_eq!(messages(&"x".repeat(length)), ["Shorter than minimum length 10."]);
        }
    }

    #[test]
    fn counts_code_points_and_not_bytes() {
        assert!(Content::new("🦀".repeat(Content::MIN_CHARS)).is_ok());
        assert!(Content::new("🦀".repeat(Content::MIN_CHARS - 1)).is_err());
    }

    #[test]
    fn refuses_a_null_character() {
        assert_eq!(messages("0123456789\0"), ["Null characters are not allowed."]);
    }

    #[test]
    fn reports_every_broken_rule() {
        assert_eq!(
            messages("\0"),
            ["Null characters are not allowed.", "Shorter than minimum length 10."]
        );
    }
}
