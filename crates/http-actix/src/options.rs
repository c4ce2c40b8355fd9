//! The configuration of the API.

use std::{sync::LazyLock, time::Duration};

use actix_web::{HttpRequest, web};

use crate::{
    access::{AuthMode, KnownHosts, RateLimit, TrustedProxies},
    origins::CorsOrigins,
};

/// The configuration of the API.
#[derive(Debug, Clone)]
pub struct Options {
    /// The limits of a request body.
    pub limits: Limits,
    /// Whether PUT, PATCH and DELETE require an `If-Match` header.
    pub require_if_match: bool,
    /// The other origins whose scripts may use the API (CORS).
    pub cors: CorsOrigins,
    /// Which requests need an API key.
    pub auth: AuthMode,
    /// The hosts that requests may name. Applies only to [`AuthMode::Off`].
    pub known_hosts: KnownHosts,
    /// How many requests a client may send. Does not apply to [`AuthMode::Off`].
    pub rate_limit: RateLimit,
    /// The proxies that report the addresses of clients.
    pub trusted_proxies: TrustedProxies,
    /// The maximum memory of the cache of responses, in bytes. With 0, the cache is off.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            require_if_match: false,
            cors: CorsOrigins::default(),
            auth: AuthMode::default(),
            known_hosts: KnownHosts::default(),
            rate_limit: RateLimit::default(),
            trusted_proxies: TrustedProxies::default(),
            cache_bytes: Self::CACHE_BYTES,
        }
    }
}

impl Options {
    /// The default of [`cache_bytes`](Self::cache_bytes): 64 MiB. The responses with about 25,000
    /// posts of 1 KB fit into it.
    pub const CACHE_BYTES: usize = 64 << 20;

    /// Returns the options of the application that received `request`.
    pub(crate) fn of(request: &HttpRequest) -> &Self {
        static DEFAULT: LazyLock<Options> = LazyLock::new(Options::default);
        request.app_data::<web::Data<Self>>().map_or(&DEFAULT, |options| options.as_ref())
    }
}

/// The limits of a request body.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The maximum length of a body, in bytes. The default is 1 MiB.
    pub body_bytes: usize,
    /// The maximum time to receive a body. The default is 30 seconds.
    pub body_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 1 << 20, body_time: Duration::from_secs(30) }
    }
}
