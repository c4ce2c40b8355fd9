//! The heads of requests, before and after actix-web has read them.

use std::net::IpAddr;

use actix_web::{
    dev::RequestHead,
    http::header::{HeaderName, HeaderValue},
};

/// The head of a `GET` or `HEAD` request, as it arrived. The request has no body.
#[derive(Debug, Clone, Copy)]
pub struct ReceivedHead<'a> {
    /// The method: `GET` or `HEAD`.
    pub method: &'a str,
    /// The request target (RFC 9112, section 3.2).
    pub target: &'a str,
    /// The header fields.
    pub fields: &'a [httparse::Header<'a>],
    /// The address of the other end of the connection.
    pub peer: IpAddr,
}

/// The head of a request.
pub(crate) trait Head {
    /// Returns the path and the query.
    fn path_and_query(&self) -> &str;

    /// Returns the values of all fields with a name, in their order.
    fn values(&self, name: &HeaderName) -> impl Iterator<Item = &[u8]>;
}

impl Head for RequestHead {
    fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("", |target| target.as_str())
    }

    fn values(&self, name: &HeaderName) -> impl Iterator<Item = &[u8]> {
        self.headers.get_all(name).map(HeaderValue::as_bytes)
    }
}

impl Head for ReceivedHead<'_> {
    fn path_and_query(&self) -> &str {
        self.target
    }

    fn values(&self, name: &HeaderName) -> impl Iterator<Item = &[u8]> {
        let name = name.as_str();
        let has_name = move |field: &&httparse::Header<'_>| field.name.eq_ignore_ascii_case(name);
        self.fields.iter().filter(has_name).map(|field| field.value)
    }
}
