//! The HTTP server: its listener, its timeouts and its graceful shutdown.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_http::HttpService;
use actix_server::ServerBuilder;
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::{
    dev::{AppConfig, Server},
    rt::net::TcpStream,
};
use http_actix::Api;

use crate::header_names::HeaderCaseConnection;

/// How long requests in progress may take after SIGTERM, in seconds. By default, Docker sends
/// SIGKILL 10 seconds after SIGTERM. Kubernetes and systemd wait longer.
const SHUTDOWN_TIMEOUT_SECONDS: u64 = 8;

/// How long a connection may be idle. Proxies commonly close idle connections after 60 seconds. The
/// server waits longer, so that a proxy does not use a connection that the server has closed.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(75);

/// How long the server waits, after it closes a connection, until the client closes it too.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A server that is bound to an address.
pub struct Application {
    address: SocketAddr,
    server: Server,
}

impl Application {
    /// Creates a server for `api` on a bound listener.
    ///
    /// `workers` is the number of worker threads; the default is one for each processor.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] when the listener cannot be used.
    pub fn build(listener: TcpListener, api: &Api, workers: Option<usize>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let api = api.clone();
        let mut server = ServerBuilder::new().shutdown_timeout(SHUTDOWN_TIMEOUT_SECONDS);
        if let Some(workers) = workers {
            server = server.workers(workers);
        }
        let stop = server.graceful_shutdown_signal();
        // actix-web's `HttpServer` is not used, because it cannot wrap connections in another type.
        let server = server.listen("http", listener, move || {
            let stop = stop.clone();
            let app = map_config(http_actix::app(&api), |()| AppConfig::default());
            let http = HttpService::build()
                .keep_alive(KEEP_ALIVE_TIMEOUT)
                .client_disconnect_timeout(DISCONNECT_TIMEOUT)
                .local_addr(address)
                .graceful_shutdown_signal(move || {
                    let stop = stop.clone();
                    async move { stop.notified().await }
                })
                .h1(app);
            fn_service(async |connection: TcpStream| {
                let peer = connection.peer_addr().ok();
                Ok((HeaderCaseConnection(connection), peer))
            })
            .and_then(http)
        })?;
        Ok(Self { address, server: server.run() })
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process receives a signal to stop.
    ///
    /// On SIGTERM it accepts no more connections and finishes the requests in progress. On SIGINT
    /// (Ctrl-C) it stops at once.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] when the server fails.
    pub async fn run_until_stopped(self) -> io::Result<()> {
        self.server.await
    }
}
