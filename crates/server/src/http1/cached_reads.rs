//! Answers reads from the cache before hyper reads them.

use std::{net::IpAddr, rc::Rc};

use actix_web::web::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, TE, TRANSFER_ENCODING, UPGRADE,
};
use http_actix::{Api, ReceivedHead};
use httparse::{EMPTY_HEADER, Request, Status};

use super::{date::with_date, draining::Draining};
use crate::limits::ConnectionLimits;

/// The maximum number of header fields. Browsers send about 15.
const MAX_FIELDS: usize = 32;

/// The fields that change how a connection transfers messages. hyper knows their rules.
const FRAMING: [HeaderName; 5] = [CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT, UPGRADE, TE];

/// The minor version of HTTP/1.1.
const HTTP_1_1: u8 = 1;

/// Answers the reads of a connection from the cache.
pub(super) struct CachedReads {
    api: Rc<Api>,
    peer: IpAddr,
    draining: Rc<Draining>,
}

impl CachedReads {
    pub(super) const fn new(api: Rc<Api>, peer: IpAddr, draining: Rc<Draining>) -> Self {
        Self { api, peer, draining }
    }

    /// If `received` is exactly the head of a read whose response is in the cache, writes the head
    /// of the response to `head`, and returns the body.
    ///
    /// `received` begins where a request begins.
    pub(super) fn answer(&self, received: &[u8], head: &mut Vec<u8>) -> Option<Bytes> {
        // hyper's responses then have `Connection: close`.
        if self.draining.has_begun() || received.len() > ConnectionLimits::MAX_HEAD_BYTES {
            return None;
        }
        if !received.starts_with(b"GET ") && !received.starts_with(b"HEAD ") {
            return None;
        }
        let mut fields = [EMPTY_HEADER; MAX_FIELDS];
        let mut request = Request::new(&mut fields);
        let is_whole = matches!(request.parse(received), Ok(Status::Complete(length)) if length == received.len());
        if !is_whole || request.version != Some(HTTP_1_1) || !is_plain(request.headers) {
            return None;
        }
        let read = ReceivedHead {
            method: request.method?,
            target: request.path?,
            fields: request.headers,
            peer: self.peer,
        };
        let response = self.api.cached_plain(&read)?;
        with_date(|date| response.write_head(date, head));
        Some(response.body())
    }
}

/// Returns whether a request has one `Host`, no body, and keeps the connection open.
fn is_plain(fields: &[httparse::Header<'_>]) -> bool {
    let has = |field: &httparse::Header<'_>, name: &HeaderName| {
        field.name.eq_ignore_ascii_case(name.as_str())
    };
    let hosts = fields.iter().filter(|field| has(field, &HOST)).count();
    let is_framed = fields.iter().any(|field| {
        FRAMING.iter().any(|name| has(field, name))
            || (has(field, &CONNECTION) && !field.value.eq_ignore_ascii_case(b"keep-alive"))
    });
    hosts == 1 && !is_framed
}
