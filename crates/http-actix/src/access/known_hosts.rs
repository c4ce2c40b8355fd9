//! The hosts that are allowed in requests.

use std::net::IpAddr;

/// The hosts that are allowed as the target of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnownHosts {
    /// Any host.
    #[default]
    Any,
    /// `localhost`, its subdomains, and loopback addresses.
    ///
    /// This prevents DNS rebinding. In such an attack, the domain name of a web page resolves to
    /// this machine, so the browser lets the page read responses of this server.
    Loopback,
}

impl KnownHosts {
    /// Returns whether `host` is allowed. `host` has no port.
    pub(crate) fn include(self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback => {
                let address = host.trim_start_matches('[').trim_end_matches(']');
                let is_loopback = address
                    .parse::<IpAddr>()
                    .is_ok_and(|address| address.to_canonical().is_loopback());
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                is_loopback || host == "localhost" || host.ends_with(".localhost")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_addresses_of_this_machine_are_known() {
        for host in [
            "localhost",
            "LOCALHOST",
            "blog.localhost",
            "localhost.",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(KnownHosts::Loopback.include(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[2001:db8::1]",
            "evillocalhost",
            "",
        ] {
            assert!(!KnownHosts::Loopback.include(host), "{host}");
            assert!(KnownHosts::Any.include(host), "{host}");
        }
    }
}
