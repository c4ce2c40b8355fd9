//! The composition root: the only place that knows every adapter.
//!
//! | to find | look in |
//! |---|---|
//! | what can be set, and how | [`config`](Config) |
//! | which URL means which store | [`storage`] |
//! | where time and ids come from | [`system`] |
//! | what is served, and until when | [`application`](Application) |
//! | where log lines go | [`telemetry`] |

mod application;
mod config;
pub mod storage;
pub mod system;
pub mod telemetry;

use std::{io, net::TcpListener, sync::Arc};

use domain::{
    PostService,
    ports::{Clock, IdGenerator, PostRepository},
};
use http_actix::{Api, Limits};
use thiserror::Error;

pub use application::Application;
pub use config::Config;

use crate::{
    storage::{OpenStorageError, Storage},
    system::{SystemClock, UuidV7Generator},
};

/// Runs the server until it is told to stop.
///
/// # Errors
///
/// A [`RunError`] when it cannot start or go on. The address is taken before the database is
/// touched, so an address that is taken already leaves no trace.
pub fn run(config: &Config) -> Result<(), RunError> {
    let storage: Storage = config.database_url.parse().map_err(RunError::Storage)?;
    let listener = TcpListener::bind(&config.listen)
        .map_err(|cause| RunError::Listen { address: config.listen.clone(), cause })?;
    let posts = storage.open().map_err(RunError::Storage)?;

    let limits = Limits { body_bytes: config.body_limit, ..Limits::default() };
    let api = compose(posts, Arc::new(SystemClock), Arc::new(UuidV7Generator), limits);

    actix_web::rt::System::new().block_on(async {
        let application = Application::build(listener, &api, None).map_err(RunError::Serve)?;
        telemetry::announce(application.address());
        application.run_until_stopped().await.map_err(RunError::Serve)
    })
}

/// Puts the adapters into the service and the service into the API.
#[must_use]
pub fn compose(
    posts: Arc<dyn PostRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    limits: Limits,
) -> Api {
    let service = PostService::new(posts, clock, Arc::clone(&ids));
    Api::new(service, ids, limits)
}

/// Why the server does not run. Its text is one line, for whoever started it.
#[derive(Debug, Error)]
pub enum RunError {
    /// The database cannot be used.
    #[error("{0}")]
    Storage(OpenStorageError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: String,
        /// What is in the way.
        cause: io::Error,
    },
    /// The server stopped by itself.
    #[error("cannot serve: {0}")]
    Serve(io::Error),
}
