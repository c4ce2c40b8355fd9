//! What is served, and until when.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{HttpServer, dev::Server};
use http_actix::Api;

/// For how long requests under way may go on when the server is told to stop, in seconds: a little
/// less than the ten after which service managers commonly kill.
const DRAIN_SECONDS: u64 = 8;

/// For how long a connection may be idle: a little more than the minute for which proxies commonly
/// keep one, so that it is the proxy that closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A server that listens. It serves once it is run.
pub struct Application {
    address: SocketAddr,
    server: Server,
}

impl Application {
    /// Makes a server of `api` at an address that is listened on already, with as many threads as
    /// there are processors unless `workers` says otherwise.
    ///
    /// # Errors
    ///
    /// When the listener cannot be used.
    pub fn build(listener: TcpListener, api: &Api, workers: Option<usize>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let api = api.clone();
        let mut server = HttpServer::new(move || http_actix::app(&api))
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(DRAIN_SECONDS);
        if let Some(workers) = workers {
            server = server.workers(workers);
        }
        Ok(Self { address, server: server.listen(listener)?.run() })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process is told to stop. On SIGTERM it takes no more connections and
    /// finishes the requests under way; on SIGINT, which is Ctrl-C, it stops at once.
    ///
    /// # Errors
    ///
    /// When the server cannot go on.
    pub async fn run_until_stopped(self) -> io::Result<()> {
        self.server.await
    }
}
