//! The limits of the HTTP server.

use std::time::Duration;

/// The limits of the HTTP server.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// The number of worker threads. `None`: one for each processor.
    pub workers: Option<usize>,
    /// The maximum number of connections. Further clients wait until a connection closes.
    pub connections: usize,
    /// The limits of each connection.
    pub connection: ConnectionLimits,
    /// How long requests in progress may take after the server begins to stop. The default is
    /// 10 seconds.
    pub drain: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            workers: None,
            connections: 10_000,
            connection: ConnectionLimits::default(),
            drain: Duration::from_secs(10),
        }
    }
}

/// The limits of a connection. The server checks them at least once a second, so it closes a
/// connection up to a second late.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// How long a connection may be idle. Proxies commonly close idle connections after 60 seconds.
    /// The server waits longer, so that a proxy does not send a request on a connection that the
    /// server has closed. The default is 75 seconds.
    pub idle: Duration,
    /// How long the head of a request may take to arrive. The time starts at the first byte of the
    /// head. For the first head of a connection, it starts when the connection starts. The default
    /// is 10 seconds.
    pub head: Duration,
    /// How long a client may take to receive [`MIN_BYTES_PER_STALL`](Self::MIN_BYTES_PER_STALL)
    /// while the server waits for it. The default is 20 seconds.
    pub stall: Duration,
    /// The same as [`stall`](Self::stall), while the responses that clients have not received leave
    /// little memory for others. The default is 2 seconds.
    pub stall_without_memory: Duration,
    /// How long the server receives and discards bytes after its last response. Without this, a
    /// client that still sends a refused body would get a reset connection and lose the response
    /// (RFC 9112, section 9.6). The default is 2 seconds.
    pub linger: Duration,
}

impl ConnectionLimits {
    /// The size of the buffer in which the kernel keeps bytes for a client. After the buffer was
    /// full, the kernel accepts more bytes only when about a third of it is free. The server
    /// notices only then that the client has received bytes.
    pub const SEND_BUFFER_BYTES: usize = 128 << 10;

    /// The bytes that a client must receive within [`stall`](Self::stall).
    pub const MIN_BYTES_PER_STALL: usize = 16 << 10;

    /// The maximum number of bytes that the server receives after its last response.
    pub const MAX_LINGER_BYTES: usize = 4 << 20;

    /// The size at which a buffer of a connection is full, in bytes. There is one for received bytes
    /// and one for the bytes of a response.
    pub const MAX_BUFFER_BYTES: usize = 128 << 10;

    /// The maximum size of the head of a request, in bytes.
    pub const MAX_HEAD_BYTES: usize = 64 << 10;

    /// The maximum number of header fields of a request.
    pub const MAX_HEADERS: usize = 128;

    /// Returns how often to check the limits of a connection.
    pub(crate) fn check_interval(&self) -> Duration {
        let shortest = self.idle.min(self.head).min(self.stall).min(self.stall_without_memory);
        shortest.clamp(Duration::from_millis(1), Duration::from_secs(1))
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(75),
            head: Duration::from_secs(10),
            stall: Duration::from_secs(20),
            stall_without_memory: Duration::from_secs(2),
            linger: Duration::from_secs(2),
        }
    }
}
