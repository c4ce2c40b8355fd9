//! Full-text search: how text is tokenized, and which posts a search matches.
//!
//! A store indexes the [tokens of a post](tokens_of) and returns the posts that have every token of
//! a [`Search`]. It must index the tokens unchanged: its own tokenizing, case folding and stemming
//! must not change them.
//!
//! # To change the tokenizer
//!
//! A store contains the tokens of its posts. After a change of the tokenizer, these are still the
//! tokens of the old tokenizer. The change therefore needs a migration that indexes every post
//! again. The step `storage-diesel/src/migrations/tokens.rs` is an example: it indexes every post.
//!
//! The tests of `tokenizer` detect a change of its code. A new version of the compiler or of
//! `unicode-normalization` can contain a newer version of Unicode. This can change tokens too.
//! With such a version, the tests compare only the tokens of Latin text.

mod tokenizer;

use std::collections::BTreeSet;

use garde::Validate;

pub use tokenizer::tokens_of;

use self::tokenizer::tokenize;
use crate::rules::{InvalidValue, bounds, checked};

/// A full-text search: a set of terms. It matches the posts that contain every term.
///
/// The default has no terms and matches every post.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    terms: BTreeSet<String>,
}

/// The text that a search is parsed from.
#[derive(Validate)]
struct SearchText<'a>(#[garde(adapt(bounds), length(chars, max = Search::MAX_CHARS))] &'a str);

impl Search {
    /// The maximum length of the text of a search, in code points.
    pub const MAX_CHARS: usize = 200;

    /// Parses a search. Punctuation separates terms. There are no operators, so no text is a syntax
    /// error.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] when `text` is too long.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let SearchText(text) = checked(SearchText(text))?;
        Ok(Self { terms: tokenize(text).collect() })
    }

    /// Returns each term once, in the form of an indexed token.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(String::as_str)
    }

    /// Returns whether the search has no terms. Such a search matches every post.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Returns whether a post with these tokens matches.
    #[must_use]
    pub fn matches(&self, tokens: &BTreeSet<String>) -> bool {
        self.terms.is_subset(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Content, NewPost, Post, PostId, Timestamp, Title};

    #[test]
    fn a_search_matches_posts_that_contain_every_term_in_title_or_content() {
        let title = Title::new("Hexagons in Practice").unwrap();
        let new = NewPost::new(title, Content::new("The domain knows nobody.").unwrap());
        let post = Post::create(PostId::new(uuid::Uuid::nil()), new, Timestamp::MIN);
        let tokens = tokens_of(post.record());

        for (text, expected) in [
            ("hexagons", true),
            ("NOBODY hexagons", true),
            ("", true),
            ("?!", true),
            ("hexagon", false),
            ("hexagons everybody", false),
        ] {
            assert_eq!(Search::parse(text).unwrap().matches(&tokens), expected, "{text}");
        }
    }

    #[test]
    fn a_long_term_matches_by_its_beginning() {
        let long = |length: usize| Search::parse(&"x".repeat(length)).unwrap();

        assert_eq!(long(150), long(151));
    }

    #[test]
    fn a_search_has_at_most_200_code_points() {
        assert!(Search::parse(&"🦀".repeat(Search::MAX_CHARS)).is_ok());
        assert_eq!(
            Search::parse(&"a".repeat(Search::MAX_CHARS + 1)).unwrap_err().into_messages(),
            ["Longer than maximum length 200."]
        );
    }
}
