//! A copy of the tokenizer, for the migration that stores search tokens.
//!
//! A migration must always store the same tokens, in every later version of the program. So this
//! copy never changes. Everything else uses the tokenizer in `domain::search`. If that tokenizer
//! changes, a new migration must store the tokens of every post again, and rebuild the search index
//! of SQLite.

use std::{collections::BTreeSet, iter};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

const TOKEN_MAX_CHARS: usize = 100;
const INDEXED_MAX_BYTES: usize = 1 << 19;

/// Returns the search tokens of a post with this title and content.
pub(super) fn tokens_of(title: &str, content: &str) -> BTreeSet<String> {
    let mut indexed = BTreeSet::new();
    let mut bytes = 0;
    for token in tokenize(title).chain(tokenize(content)) {
        let more = token.len();
        if bytes + more > INDEXED_MAX_BYTES {
            break;
        }
        if indexed.insert(token) {
            bytes += more;
        }
    }
    indexed
}

fn tokenize(text: &str) -> impl Iterator<Item = String> {
    let lower = text.nfkc().flat_map(char::to_lowercase);
    let mut characters = lower.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc();
    iter::from_fn(move || {
        let first = characters.find(|c| c.is_alphanumeric())?;
        let mut token = String::from(first);
        let rest = characters.by_ref().take_while(|c| c.is_alphanumeric() || is_combining_mark(*c));
        for (n, character) in (1..).zip(rest) {
            if n < TOKEN_MAX_CHARS {
                token.push(character);
            }
        }
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_the_first_version() {
        let tokens = tokens_of("Straße ﬁnd, ΟΔΟΣ", "cafe\u{301} हिन्दी １２ don't 🦀 ПРИВЕТ");

        let expected = ["12", "café", "don", "find", "strasse", "t", "οδοσ", "привет", "हिन्दी"];
        assert_eq!(tokens, expected.map(str::to_owned).into());
    }

    #[test]
    fn long_tokens_and_long_texts_are_cut_off() {
        let long = tokens_of("A title", &"x".repeat(5_000));
        assert_eq!(long, ["a".to_owned(), "title".to_owned(), "x".repeat(100)].into());

        let content: String = (0..100_000).map(|n| format!("word{n:06} ")).collect();
        let bytes: usize = tokens_of("", &content).iter().map(String::len).sum();
        assert!((INDEXED_MAX_BYTES - 10..=INDEXED_MAX_BYTES).contains(&bytes), "{bytes}");
    }
}
