//! What a word is, in a post and in what is searched for: one rule, so that every store finds the
//! same posts.
//!
//! A store indexes [`words_of`] a post and finds those that have all words of a [`Search`]. It takes
//! words as they are: whatever splitting, folding or stemming it could do by itself stays off.
//!
//! # To change the rule
//!
//! Words are stored with posts, so a new rule finds what an old one has indexed only after all posts
//! were indexed again: a change needs a migration that has the words made anew (for one that has,
//! see `storage-diesel/src/migrations`). The same holds where the rule changes by itself, because a
//! new version of the compiler or of `unicode-normalization` knows a newer Unicode: a test below
//! notices the most of that.

use std::{collections::BTreeSet, iter};

use garde::Validate;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{
    PostRecord,
    rules::{InvalidValue, checked, wording},
};

/// The most code points of a word that count. What is longer is no word that a person would type,
/// and an index has a bound of its own for what it can hold.
const WORD_MAX_CHARS: usize = 100;

/// The most bytes of different words that are indexed of one post: half of what PostgreSQL's
/// `tsvector` can hold. A content of the longest body a server takes unless told otherwise has far
/// fewer, unless it is made up.
const INDEXED_MAX_BYTES: usize = 1 << 19;

/// What to search for: posts that have all of its words. The default finds every post.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    words: BTreeSet<String>,
}

/// The text that a search is read from.
#[derive(Validate)]
struct SearchText<'a>(#[garde(adapt(wording), length(chars, max = Search::MAX_CHARS))] &'a str);

impl Search {
    /// The most code points that a text to search for may have.
    pub const MAX_CHARS: usize = 200;

    /// Reads what to search for. There is no syntax to get wrong: whatever is not part of a word
    /// parts words.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] when `text` is too long.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let SearchText(text) = checked(SearchText(text))?;
        Ok(Self { words: words(text).collect() })
    }

    /// The words, in an order of their own, each as it stands in an index.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Whether it finds every post, as there is nothing to find.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a post with these words is found.
    #[must_use]
    pub fn finds(&self, words_of_post: &BTreeSet<String>) -> bool {
        self.words.is_subset(words_of_post)
    }
}

/// The words under which a post is found: those of its title and its content, each once.
#[must_use]
pub fn words_of(post: &PostRecord) -> BTreeSet<String> {
    let mut indexed = BTreeSet::new();
    let mut bytes = 0;
    for word in words(post.title.as_str()).chain(words(post.content.as_str())) {
        let more = word.len();
        if bytes + more > INDEXED_MAX_BYTES {
            break;
        }
        if indexed.insert(word) {
            bytes += more;
        }
    }
    indexed
}

/// The words of a text, in its order: runs of letters and digits with the marks on them, in small
/// letters. A mark on something else is none of a word. What looks the same is the same: `Straße` and `STRASSE`, an `é` of one code point and of
/// two, `ﬁ` and `fi`.
///
/// A letter is folded for itself, by way of its capital: `ß` and `ς` have one, but are not what its
/// small letter is. What stands beside it is of no consequence.
fn words(text: &str) -> impl Iterator<Item = String> {
    let small = text.nfkc().flat_map(char::to_lowercase);
    let mut characters = small.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc();
    iter::from_fn(move || {
        let first = characters.find(|c| c.is_alphanumeric())?;
        let mut word = String::from(first);
        let rest = characters.by_ref().take_while(|c| is_of_a_word(*c));
        for (n, character) in (1..).zip(rest) {
            if n < WORD_MAX_CHARS {
                word.push(character);
            }
        }
        Some(word)
    })
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::{Content, NewPost, Post, PostId, Timestamp, Title};

    fn parsed(text: &str) -> Vec<String> {
        Search::parse(text).unwrap().words().map(str::to_owned).collect()
    }

    fn post(title: &str, content: &str) -> PostRecord {
        let new = NewPost::new(Title::new(title).unwrap(), Content::new(content).unwrap());
        Post::create(PostId::new(uuid::Uuid::nil()), new, Timestamp::MIN).into_record()
    }

    #[test]
    fn whatever_is_no_letter_and_no_digit_parts_words() {
        assert_eq!(
            parsed("one,two\u{0}three-4 (five)\"six*' AND"),
            ["4", "and", "five", "one", "six", "three", "two"]
        );
    }

    #[test]
    fn a_text_with_no_word_searches_for_nothing() {
        for text in ["", " ", "!?*\"'()-", "🦀", "❤\u{fe0f}", " \u{301}"] {
            assert!(Search::parse(text).unwrap().is_empty(), "{text}");
        }
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
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
            assert_eq!(parsed(one), parsed(other), "{one} {other}");
        }
    }

    #[test]
    fn a_word_keeps_its_marks() {
        assert_eq!(parsed("हिन्दी"), ["हिन्दी"]);
        assert_ne!(parsed("café"), parsed("cafe"));
    }

    #[test]
    fn a_post_is_found_by_words_of_its_title_and_its_content() {
        let words = words_of(&post("Hexagons in Practice", "The domain knows nobody."));

        for (text, expected) in [
            ("hexagons", true),
            ("NOBODY hexagons", true),
            ("", true),
            ("hexagon", false),
            ("hexagons everybody", false),
        ] {
            assert_eq!(Search::parse(text).unwrap().finds(&words), expected, "{text}");
        }
    }

    #[test]
    fn a_search_may_be_so_long_and_no_longer() {
        assert!(Search::parse(&"🦀".repeat(Search::MAX_CHARS)).is_ok());
        assert_eq!(
            Search::parse(&"a".repeat(Search::MAX_CHARS + 1)).unwrap_err().into_messages(),
            ["Longer than maximum length 200."]
        );
    }

    #[test]
    fn of_a_very_long_word_its_beginning_counts() {
        let words = words_of(&post("A title", &"x".repeat(5_000)));

        assert!(Search::parse(&"x".repeat(150)).unwrap().finds(&words));
    }

    #[test]
    fn of_too_many_words_the_first_are_indexed() {
        let content: String = (0..100_000).map(|n| format!("word{n:06} ")).collect();

        let words = words_of(&post("A title", &content));

        assert!(Search::parse("title word000000 word050000").unwrap().finds(&words));
        assert!(!Search::parse("word099999").unwrap().finds(&words));
        assert!(words.iter().map(String::len).sum::<usize>() <= INDEXED_MAX_BYTES);
    }

    #[test]
    fn the_rule_is_the_one_that_stored_words_were_made_by() {
        // Where this fails, the words of all posts have to be made anew: see the top of this file.
        let every_character = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
        let text: String = every_character.flat_map(|c| [c, ' ']).collect();
        let mut hash = Sha256::new();
        for word in words(&text) {
            hash.update(word);
            hash.update([0xff]);
        }
        let hash: [u8; 32] = hash.finalize().into();

        assert_eq!(hash[..8], [122, 81, 231, 154, 46, 30, 45, 44]);
    }

    proptest! {
        #[test]
        fn a_post_is_found_by_any_part_of_its_own_words(text in "\\PC{10,100}") {
            prop_assume!(Content::new(text.clone()).is_ok());
            let words = words_of(&post("A title", &text));

            // A mark would be one on what parts it from the word before.
            let parts = text.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric());
            for part in parts.filter(|part| !part.starts_with(is_combining_mark)) {
                prop_assert!(Search::parse(part).unwrap().finds(&words), "{:?} {:?}", part, words);
            }
        }

        #[test]
        fn no_word_has_anything_in_it_that_an_index_could_part_it_at(text in "\\PC{0,100}") {
            for word in Search::parse(&text).unwrap().words() {
                prop_assert!(!word.is_empty() && word.chars().all(is_of_a_word), "{:?}", word);
            }
        }

        #[test]
        fn reading_a_word_again_changes_nothing(text in "\\PC{0,100}") {
            for word in parsed(&text) {
                prop_assert_eq!(parsed(&word), [word]);
            }
        }
    }
}
