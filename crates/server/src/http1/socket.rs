//! The socket of a connection: tells [`Activity`] about bytes, and corrects the heads of responses.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{activity::Activity, head};

/// The socket of a connection.
pub(super) struct Socket {
    stream: TcpStream,
    activity: Activity,
    /// The bytes of the head that arrives, and perhaps of the body after it.
    head: Vec<u8>,
    /// The status of hyper's own response to a malformed head. It was not sent.
    refused: Option<u16>,
}

impl Socket {
    pub(super) const fn new(stream: TcpStream, activity: Activity) -> Self {
        Self { stream, activity, head: Vec::new(), refused: None }
    }

    /// Returns the stream, and the refused head.
    pub(super) fn into_parts(self) -> (TcpStream, RefusedHead) {
        (self.stream, RefusedHead { status: self.refused, bytes: self.head })
    }
}

/// The last head that arrived.
pub(super) struct RefusedHead {
    /// The status with which hyper refused the head. `None` if it did not.
    pub(super) status: Option<u16>,
    /// The bytes of the head. hyper does not return them.
    pub(super) bytes: Vec<u8>,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let received = buffer.filled().get(before..).unwrap_or_default();
        if !received.is_empty() {
            if self.activity.received() {
                self.head.clear();
            }
            if self.activity.is_in_head() {
                self.head.extend_from_slice(received);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(status) = head::status_without_request_id(bytes) {
            self.refused = Some(status);
            return Poll::Ready(Ok(bytes.len()));
        }
        // Both have the same length, so the number of written bytes is valid for the caller's
        // bytes.
        let written = match head::with_conventional_names(bytes) {
            Some(replaced) => Pin::new(&mut self.stream).poll_write(context, &replaced),
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        };
        match &written {
            Poll::Pending => self.activity.waits_to_send(),
            Poll::Ready(Ok(written)) if *written == bytes.len() => self.activity.sent_all(),
            Poll::Ready(Ok(written)) => self.activity.sent(*written),
            Poll::Ready(Err(_)) => {}
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Only flushes. The connection may have a response of its own to send.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
