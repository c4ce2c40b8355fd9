//! The rate limits of clients.

use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use domain::KeyId;
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

use crate::{access::RateLimit, error::ApiError};

/// The maximum number of invalid keys that a client may send at once.
const MAX_FAILURES: NonZeroU32 = match NonZeroU32::new(20) {
    Some(failures) => failures,
    None => NonZeroU32::MIN,
};

/// The time after which a client may send another invalid key.
const FAILURE_PERIOD: Duration = Duration::from_secs(5);

/// A client: the holder of a key, or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Client {
    /// The holder of a key.
    Key(KeyId),
    /// The IPv4 address, or the /64 network of the IPv6 address. One IPv6 client commonly has a
    /// complete /64 network.
    Address(IpAddr),
}

impl Client {
    /// Returns the client with an address.
    pub(super) fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Ipv6Addr::from_bits(network).into()
            }
            address => address,
        })
    }
}

/// The limits of a server. All workers share them.
#[derive(Debug)]
pub(super) struct RateLimits {
    requests: Option<Limiter>,
    failures: Limiter,
    /// The clients that have sent too many invalid keys, and when each may send another key.
    blocked: Mutex<HashMap<Client, Instant>>,
    /// The ids of keys that a client has sent while they were valid. A blocked client may still send
    /// these keys.
    known: Mutex<BTreeSet<KeyId>>,
}

impl RateLimits {
    pub(super) fn new(limit: RateLimit) -> Self {
        let requests = limit.per_second.map(|per_second| {
            let burst = per_second.saturating_mul(
                NonZeroU32::new(RateLimit::BURST_SECONDS).unwrap_or(NonZeroU32::MIN),
            );
            Limiter::new(Quota::per_second(per_second).allow_burst(burst))
        });
        let failures = Quota::with_period(FAILURE_PERIOD).unwrap_or(Quota::per_hour(MAX_FAILURES));
        Self {
            requests,
            failures: Limiter::new(failures.allow_burst(MAX_FAILURES)),
            blocked: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Counts a request of a client.
    pub(super) fn count(&self, client: Client) -> Result<(), ApiError> {
        self.requests.as_ref().map_or(Ok(()), |limiter| limiter.check(client).map_err(too_many))
    }

    /// Checks whether a client may send the key `id`. A key that was valid before is always allowed.
    ///
    /// The caller of this method reads the key from the store only after this check. So a blocked
    /// client that guesses keys causes no reads.
    pub(super) fn check_key(&self, client: Client, id: KeyId) -> Result<(), ApiError> {
        let until = lock(&self.blocked).get(&client).copied();
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(wait) if !wait.is_zero() && !lock(&self.known).contains(&id) => {
                Err(too_many(wait))
            }
            _ => Ok(()),
        }
    }

    /// Records that a key is valid.
    pub(super) fn record_valid(&self, id: KeyId) {
        lock(&self.known).insert(id);
    }

    /// Counts a header of a client that is not a well-formed key.
    pub(super) fn count_malformed(&self, client: Client) -> Result<(), ApiError> {
        self.failures.check(client).map_err(too_many)
    }

    /// Counts an invalid key of a client. Blocks a client that has sent too many.
    pub(super) fn count_invalid(&self, client: Client) -> Result<(), ApiError> {
        self.failures.check(client).map_err(|wait| {
            let (now, mut blocked) = (Instant::now(), lock(&self.blocked));
            blocked.retain(|_, until| *until > now);
            blocked.insert(client, now + wait);
            too_many(wait)
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the error of a client that has to wait.
fn too_many(wait: Duration) -> ApiError {
    ApiError::TooManyRequests { seconds: wait.as_secs().saturating_add(1) }
}

/// The number of counted requests after which the limiter removes the counts of clients that have
/// sent no recent request.
const CLEAN_UP_PERIOD: u32 = 4_096;

/// Counts the requests of clients.
#[derive(Debug)]
struct Limiter {
    limiter: RateLimiter<Client, HashMapStateStore<Client>, DefaultClock, NoOpMiddleware>,
    counted: AtomicU32,
}

impl Limiter {
    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::hashmap(quota), counted: AtomicU32::new(0) }
    }

    /// Counts a request. If it is over the limit, returns the time to wait.
    fn check(&self, client: Client) -> Result<(), Duration> {
        // governor never removes a client itself, so its memory would grow with every new client.
        if self.counted.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLEAN_UP_PERIOD) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let checked = self.limiter.check_key(&client);
        checked.map_err(|refused| refused.wait_time_from(DefaultClock::default().now()))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use uuid::Uuid;

    use super::*;

    fn client(text: &str) -> Client {
        Client::at(text.parse().unwrap())
    }

    fn limits(per_second: u32) -> RateLimits {
        RateLimits::new(RateLimit { per_second: NonZeroU32::new(per_second) })
    }

    #[test]
    fn a_client_may_send_a_burst_and_then_has_to_wait() {
        let limits = limits(1);
        for _ in 0..RateLimit::BURST_SECONDS {
            limits.count(client("1.2.3.4")).unwrap();
        }

        let refused = limits.count(client("1.2.3.4")).unwrap_err();

        assert!(matches!(refused, ApiError::TooManyRequests { seconds: 1 }), "{refused:?}");
        limits.count(client("1.2.3.5")).unwrap();
    }

    #[test]
    fn the_clients_of_one_ipv6_network_share_a_limit() {
        assert_eq!(client("2001:db8:1:2:3::4"), client("2001:db8:1:2:ffff::"));
        assert_ne!(client("2001:db8:1:2::4"), client("2001:db8:1:3::4"));
        assert_eq!(client("::ffff:1.2.3.4"), client("1.2.3.4"));
    }

    #[test]
    fn a_limit_of_zero_is_no_limit() {
        let limits = limits(0);
        for _ in 0..1_000 {
            limits.count(client("1.2.3.4")).unwrap();
        }
    }

    #[test]
    fn attempts_with_unknown_keys_are_limited_and_valid_keys_are_not() {
        let limits = limits(0);
        let [known, other] = [1, 2].map(|n| KeyId::new(Uuid::from_u128(n)));
        limits.record_valid(known);
        for _ in 0..MAX_FAILURES.get() {
            limits.count_invalid(client("1.2.3.4")).unwrap();
            limits.check_key(client("1.2.3.4"), other).unwrap();
        }

        assert!(limits.count_malformed(client("1.2.3.4")).is_err());
        assert!(limits.check_key(client("1.2.3.4"), other).is_ok());
        assert!(limits.count_invalid(client("1.2.3.4")).is_err());
        assert!(limits.check_key(client("1.2.3.4"), other).is_err());
        assert!(limits.check_key(client("1.2.3.5"), other).is_ok());
        assert!(limits.check_key(client("1.2.3.4"), known).is_ok());
    }

    #[test]
    fn clients_that_sent_nothing_recently_are_removed() {
        let limiter = Limiter::new(Quota::per_second(NonZeroU32::MAX));
        for n in 0..10 * CLEAN_UP_PERIOD {
            limiter.check(Client::at(Ipv4Addr::from_bits(n).into())).unwrap();
        }

        let remembered = limiter.limiter.len();
        assert!(remembered <= usize::try_from(CLEAN_UP_PERIOD).unwrap() + 1, "{remembered}");
    }
}
