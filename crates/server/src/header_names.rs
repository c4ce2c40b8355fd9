//! Writes header names in their conventional case: `ETag` and `WWW-Authenticate`.
//!
//! actix-http stores names in lower case, as the crate `http` does. It can capitalize each word of
//! a name, as in `Etag`, but it cannot write `ETag`. Names are case-insensitive (RFC 9110, section
//! 5.1), but some clients look up `ETag` in a case-sensitive dictionary. This module replaces the
//! names in the bytes that are written to the socket.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Pairs of a name as actix-http writes it and the conventional form of the name. Both forms have
/// the same length.
const NAMES: [(&[u8], &[u8]); 2] =
    [(b"\r\nEtag: ", b"\r\nETag: "), (b"\r\nWww-Authenticate: ", b"\r\nWWW-Authenticate: ")];

/// The first bytes of a response.
const STATUS_LINE: &[u8] = b"HTTP/1.";
/// The first bytes of an interim response, such as `100 Continue`.
const INTERIM_STATUS_LINE: &[u8] = b"HTTP/1.1 1";
/// The bytes that end the head of a response.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A connection that replaces header names in the bytes written to it.
pub(crate) struct HeaderCaseConnection<T>(pub(crate) T);

/// Returns a copy of the bytes with replaced names, or `None` if they contain no name to replace.
///
/// Replaces names only in a complete response head. The head must be at the start of `bytes` or
/// follow interim responses (RFC 9110, section 15.2) there. actix-http writes a head at the start
/// of its buffer, so bodies are unchanged. With pipelined requests, the buffer can contain a second
/// head. Its names keep their case, which is valid HTTP.
fn with_conventional_names(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut head_start = 0;
    while bytes.get(head_start..)?.starts_with(INTERIM_STATUS_LINE) {
        let interim = bytes.get(head_start..)?;
        head_start += position_of(interim, END_OF_HEAD)? + END_OF_HEAD.len();
    }
    let rest = bytes.get(head_start..)?;
    if !rest.starts_with(STATUS_LINE) {
        return None;
    }
    let head = rest.get(..position_of(rest, END_OF_HEAD)?)?;
    let mut replaced = None;
    for (written, conventional) in NAMES {
        if let Some(start) = position_of(head, written) {
            let bytes = replaced.get_or_insert_with(|| bytes.to_vec());
            let start = head_start + start;
            if let Some(name) = bytes.get_mut(start..start + conventional.len()) {
                name.copy_from_slice(conventional);
            }
        }
    }
    replaced
}

fn position_of(bytes: &[u8], bytes_to_find: &[u8]) -> Option<usize> {
    bytes.windows(bytes_to_find.len()).position(|window| window == bytes_to_find)
}

impl<T: AsyncWrite + Unpin> AsyncWrite for HeaderCaseConnection<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // `replaced` is as long as `bytes`, so the number of written bytes is the same for both.
        match with_conventional_names(bytes) {
            Some(replaced) => Pin::new(&mut self.0).poll_write(context, &replaced),
            None => Pin::new(&mut self.0).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for HeaderCaseConnection<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: &str) -> String {
        let bytes = with_conventional_names(bytes.as_bytes()).unwrap_or(bytes.into());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn header_names_in_a_response_head_get_their_conventional_case() {
        let head = "HTTP/1.1 401 Unauthorized\r\nEtag: \"7\"\r\nWww-Authenticate: Bearer\r\n\r\n";

        assert_eq!(
            written(head),
            "HTTP/1.1 401 Unauthorized\r\nETag: \"7\"\r\nWWW-Authenticate: Bearer\r\n\r\n"
        );
    }

    #[test]
    fn names_are_replaced_after_an_interim_response() {
        assert_eq!(
            written("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nEtag: \"1\"\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nETag: \"1\"\r\n\r\n"
        );
    }

    #[test]
    fn all_other_bytes_are_written_unchanged() {
        for bytes in [
            "",
            "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-Etag: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n\r\nEtag: in a body",
            "the rest of a body\r\nEtag: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nEtag: an incomplete head",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ] {
            assert_eq!(written(bytes), bytes);
        }
    }
}
