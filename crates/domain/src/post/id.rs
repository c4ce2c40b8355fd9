//! The id of a post.

use std::{fmt, str::FromStr};

use thiserror::Error;
use uuid::Uuid;

/// The id of a post: a UUID (RFC 9562) of any version. The
/// [`IdGenerator`](crate::ports::IdGenerator) selects the version of new ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostId(Uuid);

impl PostId {
    /// Creates an id from a UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Returns the id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// The error of a text that is not a valid id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a UUID in its hyphenated form")]
pub struct MalformedPostId;

impl FromStr for PostId {
    type Err = MalformedPostId;

    /// Parses the hyphenated form (RFC 9562, section 4), in upper or lower case. Other forms of a
    /// UUID are errors. All URLs of a post are therefore equal, ignoring case.
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
    fn an_id_parses_as_it_is_displayed() {
        assert_eq!(TEXT.parse::<PostId>().unwrap().to_string(), TEXT);
    }

    #[test]
    fn an_id_parses_in_upper_case_and_is_displayed_in_lower_case() {
        assert_eq!(TEXT.to_uppercase().parse::<PostId>().unwrap().to_string(), TEXT);
    }

    #[test]
    fn other_forms_of_a_uuid_are_errors() {
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
