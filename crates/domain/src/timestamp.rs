//! Points in time, with the precision that every store has.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// A point in time in UTC, in whole microseconds, in the years 0 to 9999.
///
/// RFC 3339 cannot express other years. PostgreSQL cannot store a fraction of a microsecond, and a
/// post must read back equal. A more precise time is therefore rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Microseconds since 1970-01-01T00:00:00Z.
    micros: i64,
}

impl Timestamp {
    /// The earliest point in time: 0000-01-01T00:00:00.000000Z.
    pub const MIN: Self = Self { micros: -62_167_219_200_000_000 };
    /// The latest point in time: 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self { micros: 253_402_300_799_999_999 };

    /// Creates a point in time from chrono's type, rounded down to a microsecond and clamped to
    /// [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    #[must_use]
    pub fn new(time: DateTime<Utc>) -> Self {
        Self { micros: time.timestamp_micros() }.clamp(Self::MIN, Self::MAX)
    }

    /// Creates a point in time from microseconds since 1970-01-01T00:00:00Z. Returns `None` when it
    /// is before [`MIN`](Self::MIN) or after [`MAX`](Self::MAX).
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        Some(Self { micros }).filter(|time| (Self::MIN..=Self::MAX).contains(time))
    }

    /// Returns the microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_unix_micros(&self) -> i64 {
        self.micros
    }

    /// Returns this point in time rounded down to a second, the precision of HTTP dates.
    #[must_use]
    pub const fn whole_seconds(&self) -> Self {
        Self { micros: self.micros - self.micros.rem_euclid(1_000_000) }
    }

    /// Returns the point in time that is `duration` earlier, clamped to [`MIN`](Self::MIN).
    pub(crate) fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self { micros: self.micros.saturating_sub(micros) }.max(Self::MIN)
    }

    /// Returns the point in time that is `duration` later, clamped to [`MAX`](Self::MAX).
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self { micros: self.micros.saturating_add(micros) }.min(Self::MAX)
    }

    /// Returns the point in time as a value of chrono's type.
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
    fn digits_finer_than_a_microsecond_are_cut_off() {
        let time = DateTime::from_timestamp(1_740_653_378, 369_401_999).unwrap();

        assert_eq!(Timestamp::new(time).as_unix_micros(), 1_740_653_378_369_401);
    }

    #[test]
    fn whole_seconds_are_rounded_down() {
        for (micros, expected) in [(1_999_999, 1_000_000), (0, 0), (-1, -1_000_000)] {
            let time = Timestamp::from_unix_micros(micros).unwrap();
            assert_eq!(time.whole_seconds().as_unix_micros(), expected);
        }
        assert_eq!(Timestamp::MIN.whole_seconds(), Timestamp::MIN);
    }

    #[test]
    fn adding_stops_at_the_last_time() {
        let time = Timestamp::MIN.plus(Duration::from_secs(1));

        assert_eq!(time.minus(Duration::from_secs(1)), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.plus(Duration::MAX), Timestamp::MAX);
    }

    #[test]
    fn subtracting_stops_at_the_first_time() {
        assert_eq!(Timestamp::MIN.minus(Duration::MAX), Timestamp::MIN);
    }

    #[test]
    fn a_time_in_a_year_that_cannot_be_written_is_refused() {
        for micros in [i64::MIN, FIRST - 1, LAST + 1, i64::MAX] {
            assert_eq!(Timestamp::from_unix_micros(micros), None);
        }
    }

    #[test]
    fn the_first_and_the_last_time_can_be_written() {
        assert_eq!(Timestamp::MIN.as_datetime().to_rfc3339(), "0000-01-01T00:00:00+00:00");
        assert_eq!(Timestamp::MAX.as_datetime().to_rfc3339(), "9999-12-31T23:59:59.999999+00:00");
        assert_eq!(Timestamp::new(DateTime::<Utc>::MIN_UTC), Timestamp::MIN);
        assert_eq!(Timestamp::new(DateTime::<Utc>::MAX_UTC), Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn a_time_equals_itself_after_conversion_and_back(micros in FIRST..=LAST) {
            let time = Timestamp::from_unix_micros(micros).unwrap();

            prop_assert_eq!(time.as_unix_micros(), micros);
            prop_assert_eq!(Timestamp::new(time.as_datetime()), time);
        }
    }
}
