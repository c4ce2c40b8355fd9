//! A deterministic clock and deterministic ids.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::{
    Timestamp,
    ports::{Clock, IdGenerator},
};
use uuid::Uuid;

/// A clock that advances by 1.001 ms with each call.
#[derive(Debug, Default)]
pub(crate) struct TickingClock(AtomicI64);

impl Clock for TickingClock {
    fn now(&self) -> Timestamp {
        const START: i64 = 1_740_653_378_369_401;
        const TICK: i64 = 1_001;
        let ticks = self.0.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_unix_micros(START + ticks * TICK).unwrap()
    }
}

/// Ids that count up from 0.
#[derive(Debug, Default)]
pub(crate) struct CountingIds(AtomicU64);

impl IdGenerator for CountingIds {
    fn generate(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
}
