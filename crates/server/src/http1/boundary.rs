//! Where a request ends in the bytes that were received.

use memchr::memmem;

/// Tells whether the received bytes end with a whole request. Then hyper has parsed all of them.
///
/// If the length of a request is not known, or if bytes of the next request arrive too early, the
/// answer is "no" for the rest of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Boundary(Option<Message>);

/// The last request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Message {
    /// The number of bytes that were received since it began.
    received: u64,
    /// The length of its head. `None` if it is not known.
    head: Option<u64>,
    /// The length of its body. `None` if it is not known.
    body: Option<u64>,
}

impl Boundary {
    /// The boundary before the first request.
    pub(super) const START: Self =
        Self(Some(Message { received: 0, head: Some(0), body: Some(0) }));

    /// No boundary is known from now on.
    pub(super) const LOST: Self = Self(None);

    /// Returns whether the received bytes end with a whole request.
    pub(super) fn is_reached(self) -> bool {
        self.0.is_some_and(|message| {
            let length = message.head.zip(message.body);
            length.is_some_and(|(head, body)| head.checked_add(body) == Some(message.received))
        })
    }

    /// Returns the boundary when the next request begins.
    pub(super) fn begin(self) -> Self {
        Self(self.is_reached().then_some(Message { received: 0, head: None, body: None }))
    }

    /// Returns the boundary after `bytes` more bytes.
    pub(super) fn receive(self, bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let received = |message: Message| message.received.saturating_add(bytes);
        Self(self.0.map(|message| Message { received: received(message), ..message }))
    }

    /// Returns the boundary of a request with a head of `length` bytes.
    pub(super) fn with_head(self, length: Option<usize>) -> Self {
        let head = length.and_then(|length| u64::try_from(length).ok());
        Self(self.0.map(|message| Message { head, ..message }))
    }

    /// Returns the boundary of a request with a body of `length` bytes. `None`: it is not known.
    pub(super) fn with_body(self, body: Option<u64>) -> Self {
        Self(self.0.map(|message| Message { body, ..message }))
    }
}

/// The bytes that end the head of a request.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Returns the length of the head at the start of `bytes`, whose first `searched` bytes do not
/// contain its end.
///
/// Returns `None` if the head has not ended, or if hyper may see another end: it skips empty lines
/// before a head, and accepts lines that end without a CR.
pub(super) fn length_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    let start = searched.saturating_sub(END_OF_HEAD.len() - 1);
    let end = start + memmem::find(bytes.get(start..)?, END_OF_HEAD)? + END_OF_HEAD.len();
    let head = bytes.get(..end)?;
    let is_bare = |line_feed: usize| {
        line_feed.checked_sub(1).is_none_or(|before| head.get(before) != Some(&b'\r'))
    };
    let begins_with_a_line = !head.starts_with(b"\r") && !head.starts_with(b"\n");
    (begins_with_a_line && !memchr::memchr_iter(b'\n', head).any(is_bare)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    fn after(received: &[usize], head: Option<usize>, body: Option<u64>) -> Boundary {
        let begun = Boundary::START.begin();
        received
            .iter()
            .fold(begun, |boundary, bytes| boundary.receive(*bytes))
            .with_head(head)
            .with_body(body)
    }

    #[test]
    fn a_boundary_is_reached_when_the_head_and_the_body_have_arrived() {
        assert!(Boundary::START.is_reached());
        assert!(after(&[100], Some(100), Some(0)).is_reached());
        assert!(after(&[60, 90], Some(100), Some(50)).is_reached());
        assert!(!after(&[60], Some(100), Some(0)).is_reached());
        assert!(!after(&[100], None, None).is_reached());
    }

    #[test]
    fn after_bytes_of_unknown_meaning_no_boundary_is_reached_again() {
        for lost in [
            after(&[101], Some(100), Some(0)),
            after(&[100], None, Some(0)),
            after(&[150], Some(100), None),
        ] {
            let next = lost.begin().receive(100).with_head(Some(100)).with_body(Some(0));
            assert!(!next.is_reached());
            assert!(!next.begin().is_reached());
        }
        let next = after(&[100], Some(100), Some(0)).begin();
        assert!(next.receive(9).with_head(Some(9)).with_body(Some(0)).is_reached());
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for searched in 0..HEAD.len() {
            assert_eq!(length_of_head(HEAD, searched), Some(HEAD.len()));
        }
        assert_eq!(length_of_head(&[HEAD, b"body\n\n"].concat(), 0), Some(HEAD.len()));
        for unknown in [
            &HEAD[..HEAD.len() - 1],
            b"GET / HTTP/1.1\nHost: a\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\n\r\n",
            b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"",
        ] {
            assert_eq!(length_of_head(unknown, 0), None);
        }
    }
}
