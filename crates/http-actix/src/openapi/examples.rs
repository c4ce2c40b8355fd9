//! One post, for all examples.

use serde_json::{Value, json};

/// The post's id.
pub(crate) const ID: &str = "3257de2a-ddae-4070-90d4-1b04a367bb07";
const TITLE: &str = "Hexagons in practice";
const CONTENT: &str = "The domain knows nobody; adapters know the domain.";
const TIME: &str = "2025-02-27T10:49:38.369401Z";
/// When the post was written, as HTTP says it.
pub(crate) const HTTP_DATE: &str = "Thu, 27 Feb 2025 10:49:38 GMT";

/// What its author sends.
pub(crate) fn sent() -> Value {
    json!({ "content": CONTENT, "published": true, "title": TITLE })
}

/// What its author sends to change no more than the title.
pub(crate) fn patch() -> Value {
    json!({ "title": TITLE })
}

/// What the API answers.
pub(crate) fn answered() -> Value {
    json!({
        "content": CONTENT,
        "created_at": TIME,
        "id": ID,
        "published": true,
        "title": TITLE,
        "updated_at": TIME,
    })
}

#[cfg(test)]
mod tests {
    use domain::{Content, NewPost, Post, Timestamp, Title};

    use super::*;
    use crate::representation::{PostRepresentation, http_date};

    #[test]
    fn the_example_is_what_the_api_would_answer() {
        let new = NewPost::new(Title::new(TITLE).unwrap(), Content::new(CONTENT).unwrap());
        let at = Timestamp::new(TIME.parse().unwrap());
        let post = Post::create(ID.parse().unwrap(), new, at);

        assert_eq!(http_date(post.record().updated_at), HTTP_DATE);
        assert_eq!(answered(), json!(PostRepresentation::from(post)));
    }
}
