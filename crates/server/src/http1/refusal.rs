//! Responses to bytes that are not a request.

use actix_http::body::MessageBody as _;
use actix_web::http::header::HeaderValue;
use http_actix::{Api, Refusal};

use super::head::{correct_names, title_case};

/// Returns the response to `received`, as bytes for the socket.
pub(super) fn to_bytes(api: &Api, refusal: Refusal, received: &[u8]) -> Vec<u8> {
    let response = api.refuse(refusal, origin(received).as_ref());
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    let mut add = |name: &str, value: &[u8]| {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    };
    for (name, value) in response.headers() {
        add(&title_case(name.as_str()), value.as_bytes());
    }
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    add("Content-Length", body.len().to_string().as_bytes());
    add("Connection", b"close");
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    correct_names(&mut bytes);
    bytes
}

/// Returns the value of the `Origin` header in `received`, which may not be a valid head.
fn origin(received: &[u8]) -> Option<HeaderValue> {
    let lines =
        received.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let mut fields = lines.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        Some((line.get(..colon)?, line.get(colon + 1..)?))
    });
    let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case(b"origin"))?;
    HeaderValue::from_bytes(value.trim_ascii()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_read_from_a_malformed_head() {
        for (received, expected) in [
            (
                &b"GET / HTTP/1.1\r\nBad Name: x\r\norigin:  https://a.example \r\n"[..],
                Some("https://a.example"),
            ),
            (b"\xff\xfe\r\nOrigin: https://a.example\r\n\r\n", Some("https://a.example")),
            (b"GET / HTTP/9\r\nX: 1\r\n\r\nOrigin: a body", None),
            (b"GET / HTTP/1.1\r\nOrigin: \x01\r\n", None),
            (b"", None),
        ] {
            assert_eq!(origin(received), expected.map(HeaderValue::from_static));
        }
    }
}
