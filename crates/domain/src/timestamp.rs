//! Points in time, as exact as every store can keep them.

use chrono::{DateTime, SubsecRound, Utc};

/// A point in time in UTC, in whole microseconds.
///
/// Finer digits are cut off here and not by a store: PostgreSQL keeps microseconds, and a post
/// must read back as it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// How many decimals of a second are kept.
    const FRACTIONAL_DIGITS: u16 = 6;

    /// The last whole microsecond not after `time`.
    #[must_use]
    pub fn new(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(Self::FRACTIONAL_DIGITS))
    }

    /// The time that is `micros` microseconds after 1970-01-01T00:00:00Z, or `None` when that is
    /// beyond what can be represented.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_unix_micros(&self) -> i64 {
        self.0.timestamp_micros()
    }

    /// The same point in time as chrono's type.
    #[must_use]
    pub const fn as_datetime(&self) -> &DateTime<Utc> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_what_is_finer_than_a_microsecond() {
        let time = DateTime::from_timestamp(1_740_653_378, 369_401_999).unwrap();

        assert_eq!(Timestamp::new(time).as_unix_micros(), 1_740_653_378_369_401);
    }

    #[test]
    fn a_count_out_of_range_is_no_time() {
        assert_eq!(Timestamp::from_unix_micros(i64::MAX), None);
    }

    proptest! {
        #[test]
        fn survives_the_way_through_a_count(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let time = Timestamp::from_unix_micros(micros).unwrap();

            prop_assert_eq!(time.as_unix_micros(), micros);
            prop_assert_eq!(Timestamp::new(*time.as_datetime()), time);
        }
    }
}
