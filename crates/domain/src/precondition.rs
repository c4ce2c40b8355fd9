//! Preconditions of a write.

use crate::{PostRecord, Timestamp, Version};

/// A condition on the stored post. If it does not hold, a write changes nothing.
///
/// A precondition prevents lost updates: the caller gives the version that it has read. The fields
/// correspond to HTTP's preconditions (RFC 9110, section 13.1). The default holds for every post.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Precondition {
    /// The post must have one of these versions (`If-Match`).
    pub version_in: Option<Versions>,
    /// The post must have none of these versions (`If-None-Match`).
    pub version_not_in: Option<Versions>,
    /// The post must not have been written after this time, compared in whole seconds
    /// (`If-Unmodified-Since`). Ignored when `version_in` is set, because a version is more exact
    /// than a time.
    pub unchanged_since: Option<Timestamp>,
}

impl Precondition {
    /// The precondition that holds for every post.
    pub const NONE: Self = Self { version_in: None, version_not_in: None, unchanged_since: None };

    /// Creates the precondition that holds only for a post with this version.
    #[must_use]
    pub fn version(version: Version) -> Self {
        Self { version_in: Some(Versions::OneOf(vec![version])), ..Self::NONE }
    }

    /// Returns whether the precondition holds for a post with this version and `updated_at`.
    #[must_use]
    pub fn holds_for(&self, version: Version, updated_at: Timestamp) -> bool {
        let is_expected = match (&self.version_in, self.unchanged_since) {
            (Some(versions), _) => versions.contains(version),
            (None, Some(since)) => updated_at.whole_seconds() <= since.whole_seconds(),
            (None, None) => true,
        };
        let is_excluded =
            self.version_not_in.as_ref().is_some_and(|versions| versions.contains(version));
        is_expected && !is_excluded
    }

    /// Returns whether the precondition holds for a post.
    #[must_use]
    pub fn holds(&self, post: &PostRecord) -> bool {
        self.holds_for(post.version, post.updated_at)
    }
}

/// A set of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// Every version.
    Any,
    /// These versions.
    OneOf(Vec<Version>),
}

impl Versions {
    /// Returns whether `version` is in the set.
    #[must_use]
    pub fn contains(&self, version: Version) -> bool {
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
    fn an_empty_precondition_holds() {
        assert!(Precondition::NONE.holds_for(version(7), at(0)));
    }

    #[test]
    fn the_version_must_be_one_of_those_named() {
        for (version_in, expected) in [
            (one_of([7]), true),
            (one_of([6, 7]), true),
            (one_of([6]), false),
            (one_of([]), false),
            (Some(Versions::Any), true),
        ] {
            let precondition = Precondition { version_in, ..Precondition::NONE };
            assert_eq!(precondition.holds_for(version(7), at(0)), expected, "{precondition:?}");
        }
    }

    #[test]
    fn the_version_must_not_be_one_of_those_excluded() {
        for (version_not_in, expected) in
            [(one_of([7]), false), (one_of([6]), true), (Some(Versions::Any), false)]
        {
            let precondition = Precondition { version_not_in, ..Precondition::NONE };
            assert_eq!(precondition.holds_for(version(7), at(0)), expected, "{precondition:?}");
        }
    }

    #[test]
    fn times_are_compared_by_the_second_and_only_when_no_version_is_named() {
        let since = |since| Precondition { unchanged_since: Some(at(since)), ..Precondition::NONE };

        assert!(since(1_000_000).holds_for(version(1), at(1_999_999)));
        assert!(!since(1_999_999).holds_for(version(1), at(2_000_000)));
        let both = Precondition { version_in: one_of([1]), ..since(0) };
        assert!(both.holds_for(version(1), at(2_000_000)));
    }
}
