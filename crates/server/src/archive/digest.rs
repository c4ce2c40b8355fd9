//! What tells whether two stores hold the same posts.

use std::fmt;

use domain::Post;
use sha2::{Digest as _, Sha256};

use super::line;

/// The count of posts, and a hash of all that is in them, in whatever order they come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many posts there are.
    pub count: u64,
    /// The SHA-256 of each post's line, all of them combined by exclusive or. That tells a
    /// difference made by mistake, not one that somebody has sought.
    hash: [u8; 32],
}

impl Digest {
    /// Adds a post, which must not have been added before.
    pub(super) fn add(&mut self, post: &Post) {
        self.count += 1;
        let hash = Sha256::digest(line::write(post));
        for (byte, other) in self.hash.iter_mut().zip(hash) {
            *byte ^= other;
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} posts, content hash ", self.count)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use domain::{Content, NewPost, PostId, Timestamp, Title};
    use uuid::Uuid;

    use super::*;

    fn post(n: u128, title: &str) -> Post {
        let new = NewPost::new(Title::new(title).unwrap(), Content::new("Some content").unwrap());
        Post::create(PostId::new(Uuid::from_u128(n)), new, Timestamp::MIN)
    }

    fn digest(posts: &[Post]) -> Digest {
        let mut digest = Digest::default();
        posts.iter().for_each(|post| digest.add(post));
        digest
    }

    #[test]
    fn the_order_of_posts_does_not_matter_and_everything_else_does() {
        let [a, b] = [post(1, "One"), post(2, "Two")];

        assert_eq!(digest(&[a.clone(), b.clone()]), digest(&[b.clone(), a.clone()]));
        for other in [vec![], vec![a.clone()], vec![a, post(2, "Tow")], vec![b, post(3, "One")]] {
            assert_ne!(digest(&other), digest(&[post(1, "One"), post(2, "Two")]));
        }
    }
}
