//! The conventional case of header names that actix-http cannot write.
//!
//! actix-http keeps names in lower case, as the crate `http` does, and can only write each word with a
//! capital: `Etag`. Names are compared ignoring case (RFC 9110, section 5.1), but there are clients that
//! look for `ETag` in a dictionary. So the names are corrected on their way to the socket.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A name as actix-http writes it, and its conventional form of the same length.
const NAMES: [(&[u8], &[u8]); 2] =
    [(b"\r\nEtag: ", b"\r\nETag: "), (b"\r\nWww-Authenticate: ", b"\r\nWWW-Authenticate: ")];

/// The start of a response.
const STATUS_LINE: &[u8] = b"HTTP/1.";
/// The start of an interim response, such as `100 Continue`.
const INTERIM_STATUS_LINE: &[u8] = b"HTTP/1.1 1";
/// What the head of a response ends with.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A connection that corrects the names in what is written to it.
pub(crate) struct ConventionalNames<T>(pub(crate) T);

/// Returns the bytes with corrected names, or `None` when there is nothing to correct.
///
/// Only the head of a response at the start is read, after interim responses (RFC 9110, section
/// 15.2). The server's buffer starts there, so a body is never changed. A later response to a
/// pipelined request may keep its names, which is valid HTTP too.
fn corrected(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut head_start = 0;
    while bytes.get(head_start..)?.starts_with(INTERIM_STATUS_LINE) {
        head_start += find(bytes.get(head_start..)?, END_OF_HEAD)? + END_OF_HEAD.len();
    }
    let rest = bytes.get(head_start..)?;
    if !rest.starts_with(STATUS_LINE) {
        return None;
    }
    let head = rest.get(..find(rest, END_OF_HEAD)?)?;
    let mut corrected = None;
    for (written, conventional) in NAMES {
        if let Some(start) = find(head, written) {
            let bytes = corrected.get_or_insert_with(|| bytes.to_vec());
            let start = head_start + start;
            if let Some(name) = bytes.get_mut(start..start + conventional.len()) {
                name.copy_from_slice(conventional);
            }
        }
    }
    corrected
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

impl<T: AsyncWrite + Unpin> AsyncWrite for ConventionalNames<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // As long as the original, so what was written of the one was written of the other.
        match corrected(bytes) {
            Some(corrected) => Pin::new(&mut self.0).poll_write(context, &corrected),
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

impl<T: AsyncRead + Unpin> AsyncRead for ConventionalNames<T> {
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
        let bytes = corrected(bytes.as_bytes()).unwrap_or(bytes.into());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn names_in_a_head_are_corrected() {
        let head = "HTTP/1.1 401 Unauthorized\r\nEtag: \"7\"\r\nWww-Authenticate: Bearer\r\n\r\n";

        assert_eq!(
            written(head),
            "HTTP/1.1 401 Unauthorized\r\nETag: \"7\"\r\nWWW-Authenticate: Bearer\r\n\r\n"
        );
    }

    #[test]
    fn names_are_corrected_after_an_interim_response() {
        assert_eq!(
            written("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nEtag: \"1\"\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nETag: \"1\"\r\n\r\n"
        );
    }

    #[test]
    fn everything_else_is_written_as_it_is() {
        for bytes in [
            "",
            "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-Etag: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n\r\nEtag: in a body",
            "the rest of a body\r\nEtag: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nEtag: a head that is not complete",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ] {
            assert_eq!(written(bytes), bytes);
        }
    }
}
