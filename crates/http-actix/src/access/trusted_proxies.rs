//! The address of a client behind proxies.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use actix_web::http::header::X_FORWARDED_FOR;
use ipnet::IpNet;
use thiserror::Error;

use crate::head::Head;

/// The networks of the proxies in front of the server.
///
/// The server uses the `X-Forwarded-For` header of a request only if one of these proxies sent the
/// request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// The error of a text that is not a network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a network: write an address, or a network such as 10.0.0.0/8")]
pub struct InvalidNetwork(String);

impl TrustedProxies {
    /// Parses addresses and networks in CIDR notation (RFC 4632).
    ///
    /// # Errors
    ///
    /// [`InvalidNetwork`] for the first text that is not an address or a network.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidNetwork> {
        let parse = |text: &str| {
            let address = IpAddr::from_str(text).map(IpNet::from);
            address.or_else(|_| text.parse()).map_err(|_| InvalidNetwork(text.to_owned()))
        };
        texts.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the address of the client that sent a request. `peer` is the address of the other
    /// end of the connection.
    ///
    /// Each proxy appends the address from which it received the request. So the client has the
    /// last address that does not belong to a trusted proxy.
    pub(crate) fn client(&self, peer: IpAddr, head: &impl Head) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<_> = head.values(&X_FORWARDED_FOR).collect();
        for text in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
            if !self.trust(client) {
                break;
            }
            let Some(address) = address(text) else { break };
            client = address.to_canonical();
        }
        client
    }
}

/// Parses an address. Some proxies append the port of the client.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?.trim();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    text.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::ReceivedHead;

    fn client(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
        let fields: Vec<_> = forwarded
            .iter()
            .map(|value| httparse::Header { name: "X-Forwarded-For", value: value.as_bytes() })
            .collect();
        let peer = peer.parse().unwrap();
        let head = ReceivedHead { method: "GET", target: "/", fields: &fields, peer };
        proxies.client(peer, &head).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_can_report_an_address() {
        assert_eq!(client(&[], "10.0.0.1", &["1.2.3.4"]), "10.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(&["10.0.0.2"], "10.0.0.1", &["1.2.3.4"]), "10.0.0.1");
        assert_eq!(client(&["10.0.0.1"], "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_last_address_that_is_not_trusted_is_the_client() {
        let trusted = ["10.0.0.0/8", "::1"];

        assert_eq!(client(&trusted, "10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"]), "1.2.3.4");
        assert_eq!(client(&trusted, "10.0.0.1", &["6.6.6.6", "1.2.3.4,10.0.0.2"]), "1.2.3.4");
        assert_eq!(client(&trusted, "::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client(&trusted, "::ffff:10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(&trusted, "10.0.0.1", &["1.2.3.4:567"]), "1.2.3.4");
        assert_eq!(client(&trusted, "10.0.0.1", &["[2001:db8::7]:567"]), "2001:db8::7");
        for unreadable in ["not an address", "é"] {
            let lines = ["1.2.3.4", unreadable];
            assert_eq!(client(&trusted, "10.0.0.1", &lines), "10.0.0.1", "{unreadable}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_network_is_refused() {
        for text in ["", "10.0.0.0/33", "example.org", "10.0.0.0/8 "] {
            assert!(TrustedProxies::parse([text]).is_err(), "{text}");
        }
    }
}
