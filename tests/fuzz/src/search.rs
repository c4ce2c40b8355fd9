//! The tokenizer and the search.

use domain::{Content, NewPost, Post, PostId, Search, Timestamp, Title, search::tokens_of};
use uuid::Uuid;

/// The maximum length of a token, in code points.
const TOKEN_MAX_CHARS: usize = 100;

/// Tokenizes the input as the content of a post, and searches for parts of it.
///
/// # Panics
///
/// - The post does not match the whole text, a word of it, or its words in reverse order.
/// - Tokenizing a token gives another token.
/// - A search depends on the case of ASCII letters.
/// - A token is empty or too long.
pub fn search(data: &[u8]) {
    // A content has no U+0000, and at least 10 code points.
    let text = String::from_utf8_lossy(data).replace('\0', " ");
    let new = NewPost::new(
        Title::new("A title").unwrap(),
        Content::new(format!("{text} ..........")).unwrap(),
    );
    let post = Post::create(PostId::new(Uuid::nil()), new, Timestamp::MIN);
    let tokens = tokens_of(post.record());

    // No Unicode character combines with a space. So a word between spaces has the same tokens in
    // every text.
    let words = text.split(' ');
    let reversed: Vec<_> = words.clone().rev().collect();
    for part in words.chain([&*text, &reversed.join(" ")]) {
        let Ok(search) = Search::parse(part) else {
            assert!(part.chars().count() > Search::MAX_CHARS, "{part:?}");
            continue;
        };
        assert!(search.matches(&tokens), "{part:?} {tokens:?}");
        assert_eq!(Search::parse(&part.to_ascii_uppercase()).unwrap(), search, "{part:?}");
    }

    for token in &tokens {
        assert!((1..=TOKEN_MAX_CHARS).contains(&token.chars().count()), "{token:?}");
        let search = Search::parse(token).unwrap();
        assert_eq!(search.terms().collect::<Vec<_>>(), [token]);
    }
}
