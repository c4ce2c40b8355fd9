//! Which state of a post this is.

use std::fmt;

use thiserror::Error;

/// Counts the writes of a post: [`FIRST`](Self::FIRST) when it is made, one more with every change.
/// Two states of a post that differ have different versions, so a version can stand for a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// The version of a post that was never changed.
    pub const FIRST: Self = Self(1);

    /// The greatest: what a signed integer of a SQL database can hold.
    const MAX: u64 = i64::MAX.unsigned_abs();

    /// The version of the number `number`.
    ///
    /// # Errors
    ///
    /// [`NoVersion`] when no post can come to have it.
    pub const fn new(number: u64) -> Result<Self, NoVersion> {
        match number {
            1..=Self::MAX => Ok(Self(number)),
            _ => Err(NoVersion),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The version after this one.
    #[must_use]
    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number that is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no version has this number")]
pub struct NoVersion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_from_the_first() {
        assert_eq!(Version::new(0), Err(NoVersion));
        assert_eq!(Version::new(1), Ok(Version::FIRST));
        assert_eq!(Version::new(2), Ok(Version::FIRST.next()));
    }

    #[test]
    fn a_version_fits_a_signed_integer() {
        assert!(Version::new(i64::MAX.unsigned_abs()).is_ok());
        assert_eq!(Version::new(i64::MAX.unsigned_abs() + 1), Err(NoVersion));
    }
}
