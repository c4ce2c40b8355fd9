//! How many requests a client may send.

use std::{
    collections::BTreeSet,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::{KeyId, SecretHash};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

use crate::{access::RateLimit, error::ApiError};

/// How many unknown keys a client may send at once.
const MAX_FAILURES: NonZeroU32 = match NonZeroU32::new(20) {
    Some(failures) => failures,
    None => NonZeroU32::MIN,
};

/// The time after which a client may send another unknown key.
const FAILURE_PERIOD: Duration = Duration::from_secs(5);

/// A client: the holder of a key, or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Client {
    /// The holder of a key.
    Key(KeyId),
    /// The IPv4 address, or the network of the IPv6 address. One IPv6 client commonly has a whole
    /// /64 network.
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
    requests: Option<Limiter<Client>>,
    failures: Limiter<Client>,
    /// The hashes of keys that were valid when they were last sent. So a valid key is not counted
    /// as an attempt to guess one.
    known: Mutex<BTreeSet<SecretHash>>,
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
            known: Mutex::default(),
        }
    }

    /// Counts a request of a client.
    pub(super) fn count(&self, client: Client) -> Result<(), ApiError> {
        self.requests.as_ref().map_or(Ok(()), |limiter| limiter.count(client))
    }

    /// Counts the attempt of a client to use a key, unless the key was valid before.
    pub(super) fn count_attempt(
        &self,
        client: Client,
        hash: Option<SecretHash>,
    ) -> Result<(), ApiError> {
        if hash.is_some_and(|hash| self.known().contains(&hash)) {
            return Ok(());
        }
        self.failures.count(client)
    }

    /// Records whether a key is valid.
    pub(super) fn record(&self, hash: SecretHash, is_valid: bool) {
        if is_valid {
            self.known().insert(hash);
        } else {
            self.known().remove(&hash);
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<SecretHash>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of counted requests after which the limiter forgets clients that it need not
/// remember.
const CLEAN_UP_PERIOD: u32 = 4_096;

/// Counts the requests of clients.
#[derive(Debug)]
struct Limiter<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock, NoOpMiddleware>,
    counted: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::hashmap(quota), counted: AtomicU32::new(0) }
    }

    fn count(&self, client: K) -> Result<(), ApiError> {
        // Without this, governor would remember every client forever.
        if self.counted.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLEAN_UP_PERIOD) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&client).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            ApiError::TooManyRequests { seconds: wait.as_secs().saturating_add(1) }
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::Secret;

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
        let hash = Secret::new([1; 32]).hash();
        limits.record(hash, true);
        for _ in 0..MAX_FAILURES.get() {
            limits.count_attempt(client("1.2.3.4"), None).unwrap();
        }

        assert!(limits.count_attempt(client("1.2.3.4"), None).is_err());
        assert!(limits.count_attempt(client("1.2.3.4"), Some(hash)).is_ok());
        limits.record(hash, false);
        assert!(limits.count_attempt(client("1.2.3.4"), Some(hash)).is_err());
    }

    #[test]
    fn clients_that_sent_nothing_recently_are_forgotten() {
        let limiter = Limiter::new(Quota::per_second(NonZeroU32::MAX));
        for n in 0..10 * CLEAN_UP_PERIOD {
            limiter.count(n).unwrap();
        }

        let remembered = limiter.limiter.len();
        assert!(remembered <= usize::try_from(CLEAN_UP_PERIOD).unwrap() + 1, "{remembered}");
    }
}
