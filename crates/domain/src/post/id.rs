//! A post's identity.

use std::{fmt, str::FromStr};

use thiserror::Error;
use uuid::Uuid;

/// Names one post for ever. A UUID (RFC 9562); which version is up to the
/// [`IdGenerator`](crate::ports::IdGenerator) that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostId(Uuid);

impl PostId {
    /// Makes an id of a UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// A text that is not a post's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a UUID in its hyphenated form")]
pub struct MalformedPostId;

impl FromStr for PostId {
    type Err = MalformedPostId;

    /// Reads the hyphenated form only, in either case (RFC 9562, section 4): a post has one name,
    /// not also a braced, a URN and an unpunctuated one.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(MalformedPostId);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| MalformedPostId)
    }
}

impl fmt::Display for PostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "3257de2a-ddae-4070-90d4-1b04a367bb07";

    #[test]
    fn reads_what_it_writes() {
        assert_eq!(TEXT.parse::<PostId>().unwrap().to_string(), TEXT);
    }

    #[test]
    fn reads_capitals_and_writes_small_letters() {
        assert_eq!(TEXT.to_uppercase().parse::<PostId>().unwrap().to_string(), TEXT);
    }

    #[test]
    fn refuses_every_other_form() {
        let simple = TEXT.replace('-', "");
        let others = [
            "",
            "1",
            "not-a-uuid",
            &simple,
            &format!("{{{TEXT}}}"),
            &format!("urn:uuid:{TEXT}"),
            &format!("{TEXT}0"),
            &TEXT.replace('3', "g"),
        ];
        for text in others {
            assert_eq!(text.parse::<PostId>(), Err(MalformedPostId), "{text}");
        }
    }
}
