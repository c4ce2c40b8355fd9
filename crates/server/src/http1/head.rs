//! Reads and corrects the heads of responses, in the bytes that hyper writes to the socket.
//!
//! hyper begins each word of a header name with a capital letter, without exceptions. So it writes
//! `Etag` instead of `ETag`. Header names are case-insensitive (RFC 9110, section 5.1), but some
//! clients look up `ETag` in a case-sensitive dictionary.

use std::{ops::Range, sync::LazyLock};

use memchr::memmem::{self, Finder};

/// Each name as hyper writes it, and its conventional form. Both have the same length.
const NAMES: [(&[u8], &[u8]); 2] =
    [(b"\r\nEtag: ", b"\r\nETag: "), (b"\r\nWww-Authenticate: ", b"\r\nWWW-Authenticate: ")];

/// The first bytes of a response.
const STATUS_LINE: &[u8] = b"HTTP/1.";
/// The first bytes of an interim response, such as `100 Continue`.
const INTERIM_STATUS_LINE: &[u8] = b"HTTP/1.1 1";
/// The position of the status in a response.
const STATUS: Range<usize> = 9..12;
/// The bytes that end the head of a response.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Corrects the header names in the response head at the start of `bytes`, if the head is complete.
///
/// Interim responses (RFC 9110, section 15.2) may precede the head. hyper writes a head at the start
/// of its buffer, so bodies are unchanged. With pipelined requests, the buffer can also contain a
/// second response. The names in its head stay unchanged, which is valid HTTP.
pub(super) fn correct_names(bytes: &mut [u8]) {
    static FINDERS: LazyLock<[Finder<'_>; 2]> =
        LazyLock::new(|| NAMES.map(|(written, _)| Finder::new(written)));
    let Some(head) = response_head(bytes) else { return };
    for (finder, (_, conventional)) in FINDERS.iter().zip(NAMES) {
        let Some(head) = bytes.get_mut(head.clone()) else { return };
        let name = finder
            .find(head)
            .and_then(|start| head.get_mut(start..)?.get_mut(..conventional.len()));
        if let Some(name) = name {
            name.copy_from_slice(conventional);
        }
    }
}

/// Returns the position of the first response head that is not interim.
fn response_head(bytes: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    while bytes.get(start..)?.starts_with(INTERIM_STATUS_LINE) {
        let interim = bytes.get(start..)?;
        start += memmem::find(interim, END_OF_HEAD)? + END_OF_HEAD.len();
    }
    let rest = bytes.get(start..)?;
    if !rest.starts_with(STATUS_LINE) {
        return None;
    }
    // The length does not include the empty line that ends the head.
    let length = memmem::find(rest, END_OF_HEAD)?;
    Some(start..start + length)
}

/// Returns the status of the response that begins with these bytes.
pub(super) fn status(bytes: &[u8]) -> Option<u16> {
    str::from_utf8(bytes.get(STATUS)?).ok()?.parse().ok()
}

/// Returns a header name with a capital at the start of each word, as hyper writes it.
pub(super) fn title_case(name: &str) -> String {
    let mut is_start = true;
    let capitalized = name.chars().map(|character| {
        let is_first = std::mem::replace(&mut is_start, character == '-');
        if is_first { character.to_ascii_uppercase() } else { character }
    });
    capitalized.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: &str) -> String {
        let mut bytes = bytes.as_bytes().to_vec();
        correct_names(&mut bytes);
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
    fn each_word_of_a_title_case_name_begins_with_a_capital() {
        for (name, expected) in [("date", "Date"), ("x-request-id", "X-Request-Id"), ("", "")] {
            assert_eq!(title_case(name), expected);
        }
    }

    #[test]
    fn the_status_of_a_response_follows_its_version() {
        for (bytes, expected) in [
            (&b"HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n"[..], Some(431)),
            (b"HTTP/1.0 400 Bad Request", Some(400)),
            (b"HTTP/1.1 4", None),
            (b"", None),
        ] {
            assert_eq!(status(bytes), expected);
        }
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
