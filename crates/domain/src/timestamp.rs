//! Points in time, as exact as every store can keep them.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// A point in time in UTC, in whole microseconds, of the years that RFC 3339 can write: 0 to 9999.
///
/// Finer digits are cut off here and not by a store: PostgreSQL keeps microseconds, and a post
/// must read back as it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Since 1970-01-01T00:00:00Z.
    micros: i64,
}

impl Timestamp {
    /// 0000-01-01T00:00:00.000000Z
    pub const MIN: Self = Self { micros: -62_167_219_200_000_000 };
    /// 9999-12-31T23:59:59.999999Z
    pub const MAX: Self = Self { micros: 253_402_300_799_999_999 };

    /// The last whole microsecond not after `time`, and not beyond [`MIN`](Self::MIN) and
    /// [`MAX`](Self::MAX).
    #[must_use]
    pub fn new(time: DateTime<Utc>) -> Self {
        Self { micros: time.timestamp_micros() }.clamp(Self::MIN, Self::MAX)
    }

    /// The time that is `micros` microseconds after 1970-01-01T00:00:00Z, or `None` when that is
    /// beyond [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        Some(Self { micros }).filter(|time| (Self::MIN..=Self::MAX).contains(time))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_unix_micros(&self) -> i64 {
        self.micros
    }

    /// The last whole second not after this point in time: all that HTTP says of a time.
    #[must_use]
    pub const fn whole_seconds(&self) -> Self {
        Self { micros: self.micros - self.micros.rem_euclid(1_000_000) }
    }

    /// The point in time that is `duration` earlier, but not before [`MIN`](Self::MIN).
    pub(crate) fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self { micros: self.micros.saturating_sub(micros) }.max(Self::MIN)
    }

    /// The same point in time as chrono's type, which holds every year there is here.
    #[must_use]
    pub fn as_datetime(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIRST: i64 = Timestamp::MIN.as_unix_micros();
    const LAST: i64 = Timestamp::MAX.as_unix_micros();

    #[test]
    fn cuts_what_is_finer_than_a_microsecond() {
        let time = DateTime::from_timestamp(1_740_653_378, 369_401_999).unwrap();

        assert_eq!(Timestamp::new(time).as_unix_micros(), 1_740_653_378_369_401);
    }

    #[test]
    fn whole_seconds_are_those_before() {
        for (micros, expected) in [(1_999_999, 1_000_000), (0, 0), (-1, -1_000_000)] {
            let time = Timestamp::from_unix_micros(micros).unwrap();
            assert_eq!(time.whole_seconds().as_unix_micros(), expected);
        }
        assert_eq!(Timestamp::MIN.whole_seconds(), Timestamp::MIN);
    }

    #[test]
    fn time_does_not_go_back_beyond_the_first() {
        assert_eq!(Timestamp::MIN.minus(Duration::MAX), Timestamp::MIN);
    }

    #[test]
    fn a_year_that_cannot_be_written_is_no_time() {
        for micros in [i64::MIN, FIRST - 1, LAST + 1, i64::MAX] {
            assert_eq!(Timestamp::from_unix_micros(micros), None);
        }
    }

    #[test]
    fn the_first_and_the_last_time_are_those_that_can_be_written() {
        assert_eq!(Timestamp::MIN.as_datetime().to_rfc3339(), "0000-01-01T00:00:00+00:00");
        assert_eq!(Timestamp::MAX.as_datetime().to_rfc3339(), "9999-12-31T23:59:59.999999+00:00");
        assert_eq!(Timestamp::new(DateTime::<Utc>::MIN_UTC), Timestamp::MIN);
        assert_eq!(Timestamp::new(DateTime::<Utc>::MAX_UTC), Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn survives_the_way_through_a_count(micros in FIRST..=LAST) {
            let time = Timestamp::from_unix_micros(micros).unwrap();

            prop_assert_eq!(time.as_unix_micros(), micros);
            prop_assert_eq!(Timestamp::new(time.as_datetime()), time);
        }
    }
}
