//! What is served, and until when.

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

use crate::header_names::ConventionalNames;

/// For how long requests under way may go on when the server is told to stop, in seconds: a little
/// less than the ten after which service managers commonly kill.
const DRAIN_SECONDS: u64 = 8;

/// For how long a connection may be idle: a little more than the minute for which proxies commonly
/// keep one, so that it is the proxy that closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a client may take to close a connection that the server closes.
const DISCONNECT: Duration = Duration::from_secs(1);

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
        let mut server = ServerBuilder::new().shutdown_timeout(DRAIN_SECONDS);
        if let Some(workers) = workers {
            server = server.workers(workers);
        }
        let stop = server.graceful_shutdown_signal();
        // What actix-web's `HttpServer` does, but for the connection that corrects header names.
        let server = server.listen("http", listener, move || {
            let stop = stop.clone();
            let app = map_config(http_actix::app(&api), |()| AppConfig::default());
            let http = HttpService::build()
                .keep_alive(KEEP_ALIVE)
                .client_disconnect_timeout(DISCONNECT)
                .local_addr(address)
                .graceful_shutdown_signal(move || {
                    let stop = stop.clone();
                    async move { stop.notified().await }
                })
                .h1(app);
            fn_service(async |connection: TcpStream| {
                let peer = connection.peer_addr().ok();
                Ok((ConventionalNames(connection), peer))
            })
            .and_then(http)
        })?;
        Ok(Self { address, server: server.run() })
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
