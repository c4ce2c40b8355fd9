//! The tokenizer. All stores use it, so that a search finds the same posts in each of them.

use std::{collections::BTreeSet, iter};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::PostRecord;

/// The maximum length of a token, in code points. The end of a longer token is cut off, because
/// PostgreSQL limits the length of an indexed token. Text with spaces between its words has almost
/// no tokens of this length.
const TOKEN_MAX_CHARS: usize = 100;

/// The maximum size of all distinct tokens of one post, in bytes. This size is half of the maximum
/// size of PostgreSQL's `tsvector`. With the default body limit, only an artificial text exceeds
/// this size.
const INDEXED_MAX_BYTES: usize = 1 << 19;

/// Returns each distinct token of a post's title and content. Omits the last tokens of a very long
/// post.
#[must_use]
pub fn tokens_of(post: &PostRecord) -> BTreeSet<String> {
    let mut indexed = BTreeSet::new();
    let mut bytes = 0;
    for token in tokenize(post.title.as_str()).chain(tokenize(post.content.as_str())) {
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

/// Splits a text into tokens, in order. A token is a sequence of letters and digits with their
/// combining marks, after folding. Folding makes `Straße` equal to `STRASSE`, an `é` of one code
/// point equal to an `é` of two, and `ﬁ` equal to `fi`.
///
/// Folding normalizes the text (NFKC). It maps each character to lower case, to upper case and to
/// lower case again: `ẞ` becomes `ß`, then `SS`, then `ss`. The case mapping of a character does
/// not depend on the characters before and after it.
pub(super) fn tokenize(text: &str) -> impl Iterator<Item = String> {
    let is_ascii = text.is_ascii();
    let fast = is_ascii.then(|| tokenize_ascii(text)).into_iter().flatten();
    fast.chain((!is_ascii).then(|| tokenize_any(text)).into_iter().flatten())
}

/// Does the same for ASCII text, but much faster.
fn tokenize_ascii(text: &str) -> impl Iterator<Item = String> {
    let tokens = text.split(|c: char| !c.is_ascii_alphanumeric());
    tokens.filter(|token| !token.is_empty()).map(|token| {
        let end = token.len().min(TOKEN_MAX_CHARS);
        token.get(..end).unwrap_or(token).to_ascii_lowercase()
    })
}

fn tokenize_any(text: &str) -> impl Iterator<Item = String> {
    let lower = text.nfkc().flat_map(char::to_lowercase);
    let mut characters = lower.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc();
    iter::from_fn(move || {
        let first = characters.find(|c| c.is_alphanumeric())?;
        let mut token = String::from(first);
        let rest = characters.by_ref().take_while(|c| continues_token(*c));
        for (n, character) in (1..).zip(rest) {
            if n < TOKEN_MAX_CHARS {
                token.push(character);
            }
        }
        Some(token)
    })
}

fn continues_token(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::{Content, NewPost, Post, PostId, Timestamp, Title};

    fn tokens(text: &str) -> Vec<String> {
        tokenize(text).collect()
    }

    fn post(title: &str, content: &str) -> PostRecord {
        let new = NewPost::new(Title::new(title).unwrap(), Content::new(content).unwrap());
        Post::create(PostId::new(uuid::Uuid::nil()), new, Timestamp::MIN).into_record()
    }

    #[test]
    fn everything_but_letters_and_digits_separates_tokens() {
        assert_eq!(
            tokens("one,two\u{0}three-4 (five)\"six*' AND"),
            ["one", "two", "three", "4", "five", "six", "and"]
        );
    }

    #[test]
    fn a_text_without_letters_and_digits_has_no_tokens() {
        for text in ["", " ", "!?*\"'()-", "🦀", "❤\u{fe0f}", " \u{301}"] {
            assert_eq!(tokens(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn spellings_of_the_same_word_have_the_same_tokens() {
        for (one, other) in [
            ("Straße", "STRASSE"),
            ("STRAẞE", "straße"),
            ("caf\u{e9}", "CAFE\u{301}"),
            ("ΟΔΟΣ", "οδος"),
            ("σας’το", "ΣΑΣ ΤΟ"),
            ("λόγος.Αυτός", "λόγος αυτός"),
            ("τους:Α", "Τους α"),
            ("ﬁnd", "Find"),
            ("ПРИВЕТ", "привет"),
            ("１２", "12"),
        ] {
            assert_eq!(tokens(one), tokens(other), "{one} {other}");
        }
    }

    #[test]
    fn a_token_keeps_its_marks() {
        assert_eq!(tokens("हिन्दी"), ["हिन्दी"]);
        assert_ne!(tokens("café"), tokens("cafe"));
    }

    #[test]
    fn a_long_token_is_cut_off() {
        assert_eq!(tokens(&"x".repeat(5_000)), ["x".repeat(TOKEN_MAX_CHARS)]);
    }

    #[test]
    fn the_first_tokens_of_a_very_long_text_are_indexed() {
        let content: String = (0..100_000).map(|n| format!("word{n:06} ")).collect();

        let tokens = tokens_of(&post("A title", &content));

        assert!(["title", "word000000", "word050000"].iter().all(|token| tokens.contains(*token)));
        assert!(!tokens.contains("word099999"));
        assert!(tokens.iter().map(String::len).sum::<usize>() <= INDEXED_MAX_BYTES);
    }

    /// Hashes the tokens of a text that has every character up to `last`, separated by spaces.
    /// Returns the first bytes of the hash.
    fn hash_of_tokens(last: char) -> [u8; 8] {
        let text: String = ('\0'..=last).flat_map(|c| [c, ' ']).collect();
        let mut hash = Sha256::new();
        for token in tokenize(&text) {
            hash.update(token);
            hash.update([0xff]);
        }
        let hash: [u8; 32] = hash.finalize().into();
        *hash.first_chunk().unwrap()
    }

    const CHANGED: &str = "stored tokens no longer match: see the top of search/mod.rs";

    /// All characters up to U+024F are assigned, and Unicode's stability policy keeps their folding
    /// and normalization in every later version.
    #[test]
    fn tokens_of_latin_text_are_those_that_are_stored() {
        assert_eq!(hash_of_tokens('\u{24f}'), [77, 122, 171, 199, 234, 221, 138, 193], "{CHANGED}");
    }

    /// With any other version of Unicode, the test does nothing, because its letters may differ.
    #[test]
    fn tokens_of_every_character_are_unchanged_for_this_version_of_unicode() {
        if (char::UNICODE_VERSION, unicode_normalization::UNICODE_VERSION)
            == ((17, 0, 0), (18, 0, 0))
        {
            assert_eq!(hash_of_tokens(char::MAX), [122, 81, 231, 154, 46, 30, 45, 44], "{CHANGED}");
        }
    }

    proptest! {
        #[test]
        fn ascii_text_has_the_same_tokens_on_both_paths(
            text in "[\\x00-\\x7f]{0,200}|[a-cX-Z0-2 ]{0,400}|[a-z]{95,105}[ .][A-Z]{95,105}"
        ) {
            let fast: Vec<_> = tokenize_ascii(&text).collect();

            prop_assert_eq!(fast, tokenize_any(&text).collect::<Vec<_>>());
        }

        #[test]
        fn a_token_has_no_character_at_which_an_index_could_split_it(text in "\\PC{0,100}") {
            for token in tokens(&text) {
                prop_assert!(!token.is_empty() && token.chars().all(continues_token), "{:?}", token);
            }
        }

        #[test]
        fn tokenizing_a_token_changes_nothing(text in "\\PC{0,100}") {
            for token in tokens(&text) {
                prop_assert_eq!(tokens(&token), [token]);
            }
        }

        #[test]
        fn the_tokens_of_a_part_are_tokens_of_the_whole_text(text in "\\PC{0,100}") {
            let whole = tokens(&text);

            // A combining mark at the start of a part would combine with the separator before it.
            let parts = text.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric());
            for part in parts.filter(|part| !part.starts_with(is_combining_mark)) {
                for token in tokens(part) {
                    prop_assert!(whole.contains(&token), "{:?} {:?}", token, whole);
                }
            }
        }
    }
}
