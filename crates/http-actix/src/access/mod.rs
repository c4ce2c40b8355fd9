//! The settings for access to the API. The module [`auth`](crate::auth) applies them.

mod auth_mode;
mod known_hosts;
mod rate_limit;
mod trusted_proxies;

pub(crate) use auth_mode::Access;
pub use auth_mode::AuthMode;
pub use known_hosts::KnownHosts;
pub use rate_limit::RateLimit;
pub use trusted_proxies::{InvalidNetwork, TrustedProxies};
