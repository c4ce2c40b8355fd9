//! The HTTP server: its listener, its workers and its graceful shutdown.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    num::NonZero,
    thread::available_parallelism,
};

use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory as _, ServiceFactory as _, fn_factory, fn_service};
use actix_web::dev::AppConfig;
use http_actix::Api;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::net::TcpStream;

use crate::{
    http1::Connections,
    limits::{ConnectionLimits, ServerLimits},
};

/// The maximum number of worker threads that actix-server accepts.
const MAX_WORKERS: usize = 512;

/// A server that is bound to an address.
pub struct Application {
    address: SocketAddr,
    server: Server,
}

impl Application {
    /// Creates a server for `api` on a bound listener. It serves until `stop` completes.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] when the listener cannot be used.
    pub fn build(
        listener: TcpListener,
        api: &Api,
        limits: &ServerLimits,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        // Connections inherit the size from the listener.
        set_socket_send_buffer_size(&listener, ConnectionLimits::SEND_BUFFER_BYTES)?;
        let api = api.clone();
        let workers = limits.workers.or_else(|| available_parallelism().ok().map(NonZero::get));
        let workers = workers.unwrap_or(1).clamp(1, MAX_WORKERS);
        let connection = limits.connection;
        let server = ServerBuilder::new()
            .workers(workers)
            .max_concurrent_connections(limits.connections.div_ceil(workers))
            .shutdown_timeout(limits.drain.as_secs())
            .shutdown_signal(stop);
        let draining = server.graceful_shutdown_signal();
        // This replaces actix-web's `HttpServer`, which always serves HTTP/1.1 with actix-http.
        let server = server.listen("http", listener, move || {
            let (api, draining) = (api.clone(), draining.clone());
            fn_factory(move || {
                let (api, draining) = (api.clone(), draining.clone());
                async move {
                    let app =
                        http_actix::app(&api).into_factory().new_service(AppConfig::default());
                    let connections = Connections::new(app.await?, api, connection, draining);
                    Ok::<_, ()>(fn_service(move |stream: TcpStream| {
                        connections.clone().serve(stream)
                    }))
                }
            })
        })?;
        Ok(Self { address, server: server.run() })
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the `stop` of [`build`](Self::build) completes. Then the server accepts no more
    /// connections, and finishes the requests in progress.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] when the server fails.
    pub async fn run_until_stopped(self) -> io::Result<()> {
        self.server.await
    }
}
