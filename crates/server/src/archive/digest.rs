//! A digest of all posts of a store, to compare two stores.

use std::fmt;

use domain::Post;
use sha2::{Digest as _, Sha256};

use super::line;

/// The number of posts and a hash of their fields. The order of the posts does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// The number of posts.
    pub count: u64,
    /// Each post is written as one line of NDJSON, which is hashed with SHA-256. This value is the
    /// exclusive or of these hashes. It detects accidental differences. It does not protect against
    /// an attacker, who can construct collisions.
    hash: [u8; 32],
}

impl Digest {
    /// Adds a post. Each post must be added only once: adding it twice cancels its hash.
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
    fn a_digest_depends_on_every_post_but_not_on_their_order() {
        let [a, b] = [post(1, "One"), post(2, "Two")];

        assert_eq!(digest(&[a.clone(), b.clone()]), digest(&[b.clone(), a.clone()]));
        for other in [vec![], vec![a.clone()], vec![a, post(2, "Tow")], vec![b, post(3, "One")]] {
            assert_ne!(digest(&other), digest(&[post(1, "One"), post(2, "Two")]));
        }
    }
}
