//! The example post of the OpenAPI document.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub(crate) const ID: Uuid = Uuid::from_u128(0x3257de2a_ddae_4070_90d4_1b04a367bb07);
pub(crate) const TITLE: &str = "Hexagons in practice";
pub(crate) const CONTENT: &str = "The domain knows no adapter; adapters know the domain.";
/// When the example post was created: 2025-02-27T10:49:38.369401Z, in microseconds of Unix time.
pub(crate) const UNIX_MICROS: i64 = 1_740_653_378_369_401;
/// The same time as an HTTP-date (RFC 9110, section 5.6.7).
pub(crate) const HTTP_DATE: &str = "Thu, 27 Feb 2025 10:49:38 GMT";

/// Returns [`UNIX_MICROS`] as a time.
pub(crate) fn time() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::microseconds(UNIX_MICROS)
}
