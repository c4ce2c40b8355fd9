//! Under which condition a post may be read or written.

use crate::{PostRecord, Timestamp, Version};

/// What a caller knows of a post and wants to be so still. The default holds of every post.
///
/// These are the preconditions of HTTP (RFC 9110, section 13.1) in the domain's words: a way to see
/// to it that nobody overwrites what they have not read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Precondition {
    /// The post has to be of one of these versions.
    pub is: Option<Versions>,
    /// The post must be of none of these versions.
    pub is_not: Option<Versions>,
    /// The post must not have been written after this second. Counts only where `is` does not say
    /// more exactly what is wanted.
    pub unchanged_since: Option<Timestamp>,
}

impl Precondition {
    /// One that holds of every post.
    pub const NONE: Self = Self { is: None, is_not: None, unchanged_since: None };

    /// One that holds of a post of this version only.
    #[must_use]
    pub fn is(version: Version) -> Self {
        Self { is: Some(Versions::OneOf(vec![version])), ..Self::NONE }
    }

    /// Whether it holds of a post of this version, written last at `updated_at`.
    #[must_use]
    pub fn holds_of(&self, version: Version, updated_at: Timestamp) -> bool {
        let known = match (&self.is, self.unchanged_since) {
            (Some(versions), _) => versions.contain(version),
            (None, Some(since)) => updated_at.whole_seconds() <= since.whole_seconds(),
            (None, None) => true,
        };
        known && !self.is_not.as_ref().is_some_and(|versions| versions.contain(version))
    }

    /// Whether it holds of a post.
    #[must_use]
    pub fn holds(&self, post: &PostRecord) -> bool {
        self.holds_of(post.version, post.updated_at)
    }
}

/// Some versions of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// Every one that there is.
    Any,
    /// These.
    OneOf(Vec<Version>),
}

impl Versions {
    /// Whether `version` is one of them.
    #[must_use]
    pub fn contain(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(micros).unwrap()
    }

    fn one_of<const N: usize>(numbers: [u64; N]) -> Option<Versions> {
        Some(Versions::OneOf(numbers.map(version).to_vec()))
    }

    #[test]
    fn without_conditions_it_holds() {
        assert!(Precondition::NONE.holds_of(version(7), at(0)));
    }

    #[test]
    fn a_post_has_to_be_of_one_of_the_versions_that_are_named() {
        for (is, expected) in [
            (one_of([7]), true),
            (one_of([6, 7]), true),
            (one_of([6]), false),
            (one_of([]), false),
            (Some(Versions::Any), true),
        ] {
            let precondition = Precondition { is, ..Precondition::NONE };
            assert_eq!(precondition.holds_of(version(7), at(0)), expected, "{precondition:?}");
        }
    }

    #[test]
    fn a_post_must_not_be_of_a_version_that_is_ruled_out() {
        for (is_not, expected) in
            [(one_of([7]), false), (one_of([6]), true), (Some(Versions::Any), false)]
        {
            let precondition = Precondition { is_not, ..Precondition::NONE };
            assert_eq!(precondition.holds_of(version(7), at(0)), expected, "{precondition:?}");
        }
    }

    #[test]
    fn a_time_counts_by_the_second_and_only_where_no_version_is_named() {
        let since = |since| Precondition { unchanged_since: Some(at(since)), ..Precondition::NONE };

        assert!(since(1_000_000).holds_of(version(1), at(1_999_999)));
        assert!(!since(1_999_999).holds_of(version(1), at(2_000_000)));
        let both = Precondition { is: one_of([1]), ..since(0) };
        assert!(both.holds_of(version(1), at(2_000_000)));
    }
}
