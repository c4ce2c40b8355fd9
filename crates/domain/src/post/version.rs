//! The version of a post.

use std::fmt;

use thiserror::Error;

/// The version of a post: [`FIRST`](Self::FIRST) when the post is created. Every write increments
/// the version. Two states of one post never have the same version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// The version of a new post.
    pub const FIRST: Self = Self(1);

    /// The greatest version: the greatest signed 64-bit integer. SQLite and PostgreSQL have no
    /// unsigned integers.
    const MAX: u64 = i64::MAX.unsigned_abs();

    /// Creates the version with this number.
    ///
    /// # Errors
    ///
    /// [`InvalidVersion`] when the number is not a version.
    pub const fn new(number: u64) -> Result<Self, InvalidVersion> {
        match number {
            1..=Self::MAX => Ok(Self(number)),
            _ => Err(InvalidVersion),
        }
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Returns the next version.
    ///
    /// # Errors
    ///
    /// [`InvalidVersion`] when this is the greatest version.
    pub(crate) const fn next(self) -> Result<Self, InvalidVersion> {
        Self::new(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The error of a number that is not a valid version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a version must be from {} to {}", Version::FIRST, Version::MAX)]
pub struct InvalidVersion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_from_1() {
        assert_eq!(Version::new(0), Err(InvalidVersion));
        assert_eq!(Version::new(1), Ok(Version::FIRST));
        assert_eq!(Version::new(2), Version::FIRST.next());
    }

    #[test]
    fn a_version_fits_a_signed_integer() {
        assert!(Version::new(i64::MAX.unsigned_abs()).is_ok());
        assert_eq!(Version::new(i64::MAX.unsigned_abs() + 1), Err(InvalidVersion));
    }

    #[test]
    fn the_greatest_version_has_no_next_one() {
        assert_eq!(Version::new(Version::MAX).unwrap().next(), Err(InvalidVersion));
    }
}
