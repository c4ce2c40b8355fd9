//! The socket of a connection.
//!
//! It tells [`Activity`] when it reads and writes bytes. It corrects the header names in responses,
//! and discards hyper's own responses to malformed heads.

use std::{
    io::{self, IoSlice},
    iter,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::web::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{activity::Activity, boundary::length_of_head, cached_reads::CachedReads, head};

/// The socket of a connection.
pub(super) struct Socket {
    stream: TcpStream,
    activity: Activity,
    /// The bytes of the last request head that have arrived. The first bytes of the body can follow
    /// them.
    head: Vec<u8>,
    /// The status of hyper's own response to a malformed head. The socket does not send that
    /// response.
    refused: Option<u16>,
    /// The bytes of a response that are written with one call. Kept to reuse its memory.
    buffer: Vec<u8>,
    cached: CachedReads,
    /// The response from the cache that is being sent. Its start is in `buffer`.
    unsent: Option<Unsent>,
}

/// A response from the cache.
struct Unsent {
    /// The number of bytes of the buffer that were sent.
    sent: usize,
    /// The rest of the body, which is not in the buffer.
    body: Bytes,
}

/// The usual maximum length of a request head, in bytes.
const SHORT_HEAD_BYTES: usize = 1 << 10;

/// The maximum length of a response that is copied into one buffer, in bytes. For a short response,
/// the copy takes less time than a call of the kernel with several buffers.
const MAX_COPIED_BYTES: usize = 8 << 10;

impl Socket {
    pub(super) fn new(stream: TcpStream, activity: Activity, cached: CachedReads) -> Self {
        let (head, buffer) = (Vec::new(), Vec::new());
        Self { stream, activity, head, refused: None, buffer, cached, unsent: None }
    }

    /// Begins the response to `received`, if they are a read whose response is in the cache.
    fn answer_from_cache(&mut self, received: &[u8]) -> bool {
        if !self.activity.is_between_requests() {
            return false;
        }
        self.buffer.clear();
        let Some(mut body) = self.cached.answer(received, &mut self.buffer) else { return false };
        if self.buffer.len() + body.len() <= MAX_COPIED_BYTES {
            self.buffer.extend_from_slice(&body);
            body = Bytes::new();
        }
        self.activity.begin_sending();
        self.unsent = Some(Unsent { sent: 0, body });
        true
    }

    /// Sends the response from the cache.
    fn poll_send_cached(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(unsent) = &mut self.unsent {
            let copied = self.buffer.get(unsent.sent..).unwrap_or_default();
            let length = copied.len() + unsent.body.len();
            if length == 0 {
                self.unsent = None;
                self.activity.flushed();
                break;
            }
            let slices = [IoSlice::new(copied), IoSlice::new(&unsent.body)];
            let stream = Pin::new(&mut self.stream);
            let written = if unsent.body.is_empty() {
                stream.poll_write(context, copied)
            } else {
                stream.poll_write_vectored(context, &slices)
            };
            self.activity.wrote(&written, length);
            let written = ready!(written)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let from_body = written.saturating_sub(copied.len());
            unsent.sent += written - from_body;
            unsent.body = unsent.body.slice(from_body..);
        }
        Poll::Ready(Ok(()))
    }

    /// Forgets the last head. Keeps memory for a short one, so that the next request allocates none.
    fn forget_head(&mut self) {
        self.head.clear();
        self.head.shrink_to(SHORT_HEAD_BYTES);
    }

    /// Returns the stream and the last head.
    pub(super) fn into_parts(self) -> (TcpStream, RefusedHead) {
        (self.stream, RefusedHead { status: self.refused, bytes: self.head })
    }
}

/// The last head that arrived, which hyper may have refused.
pub(super) struct RefusedHead {
    /// The status with which hyper refused the head. `None` if hyper did not refuse it.
    pub(super) status: Option<u16>,
    /// The bytes of the head. The socket records them, because hyper does not return them.
    pub(super) bytes: Vec<u8>,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        loop {
            ready!(self.poll_send_cached(context))?;
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
            let received = buffer.filled().get(before..).unwrap_or_default();
            if !self.answer_from_cache(received) {
                break;
            }
            buffer.set_filled(before);
        }
        let received = buffer.filled().get(before..).unwrap_or_default();
        // Line breaks before a request line are ignored (RFC 9112, section 2.2).
        let is_ignored = self.activity.is_idle() && received.iter().all(u8::is_ascii_whitespace);
        if is_ignored {
            // hyper does not parse line breaks before the next head arrives.
            if !received.is_empty() {
                self.activity.lose_boundary();
            }
        } else {
            if self.activity.received(received.len()) {
                self.forget_head();
            }
            if self.activity.is_in_head() {
                let searched = self.head.len();
                self.head.extend_from_slice(received);
                self.activity.received_head(length_of_head(&self.head, searched));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// hyper writes the head of a response as the first slice, and each chunk of a body as another
    /// slice. It does not copy a chunk, and drops it when all of its bytes are written.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // The buffer has another use below.
        ready!(self.poll_send_cached(context))?;
        let length = slices.iter().map(|slice| slice.len()).sum();
        let first = slices.first().map_or(&[][..], |slice| slice);
        if self.activity.is_before_request() {
            self.refused = self.refused.or(head::status(first));
            return Poll::Ready(Ok(length));
        }
        // hyper has accepted the head.
        self.forget_head();
        let Self { stream, activity, buffer, .. } = &mut *self;
        // The corrected bytes are as long as hyper's, so the number of written bytes is correct for
        // hyper.
        let written = if activity.head_is_due() {
            buffer.clear();
            buffer.extend_from_slice(first);
            head::correct_names(buffer);
            let rest = || slices.iter().skip(1);
            if length <= MAX_COPIED_BYTES {
                rest().for_each(|slice| buffer.extend_from_slice(slice));
                Pin::new(stream).poll_write(context, buffer)
            } else {
                let rest = rest().map(|slice| IoSlice::new(slice));
                let slices: Vec<_> = iter::once(IoSlice::new(buffer)).chain(rest).collect();
                Pin::new(stream).poll_write_vectored(context, &slices)
            }
        } else {
            Pin::new(stream).poll_write_vectored(context, slices)
        };
        self.activity.wrote(&written, length);
        written
    }

    /// hyper flushes when it has written all bytes.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send_cached(context))?;
        self.activity.flushed();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Only flushes. The stream stays open, because `connection` may still send the response to a
    /// refused head.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
