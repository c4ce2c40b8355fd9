//! The composition root of the program `blog-api`: the only crate that depends on every adapter.
//!
//! | to find | look in |
//! |---|---|
//! | the options and commands | [`config`](Arguments) |
//! | the check of environment variables | [`environment`] |
//! | the URLs of stores | [`storage`] |
//! | the system clock and the id generator | [`system`] |
//! | the HTTP server, its timeouts and shutdown | [`application`](Application) |
//! | HTTP/1.1 connections and their deadlines | `http1` |
//! | transfer, export and import | [`archive`](mod@archive) |
//! | the log and the output | [`telemetry`] |
//!
//! A program outside this workspace can serve its own adapter with [`compose`] and [`Application`].
//! `docs/ARCHITECTURE.md` has such a program.

mod application;
pub mod archive;
mod config;
pub mod environment;
mod files;
mod http1;
mod limits;
mod log_writer;
mod signals;
pub mod storage;
pub mod system;
pub mod telemetry;

use std::{env, ffi::OsString, io, net::TcpListener, sync::Arc};

use domain::{
    PostService,
    ports::{Clock, IdGenerator, PostRepository},
};
use http_actix::{Api, Options};
use thiserror::Error;

pub use application::Application;
pub use config::{Arguments, Command, Config, ConfigError, Database};
pub use limits::{ConnectionLimits, ServerLimits};
pub use signals::Signals;

use crate::{
    archive::{ArchiveError, Digest},
    environment::UnknownVariable,
    storage::{OpenStorageError, Storage},
    system::{InvalidClock, SystemClock, UuidV7Generator},
    telemetry::InvalidLogFilter,
};

/// Runs the command that `arguments` contain, or the server when they contain none.
///
/// # Errors
///
/// [`RunError`] when an option is invalid, or when the command or the server fails.
pub fn run(arguments: &Arguments) -> Result<(), RunError> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let variables = env::vars_os().map(|(name, value)| (text(name), text(value)));
    environment::check(variables, &Arguments::variables()).map_err(RunError::Variable)?;
    let _log = telemetry::start(&arguments.config.log).map_err(RunError::Log)?;

    let system = actix_web::rt::System::new();
    let result = system.block_on(async {
        match &arguments.command {
            None => serve(&arguments.config).await,
            Some(command) => {
                let digest = archive(command).await.map_err(RunError::Archive)?;
                telemetry::print_digest(&digest);
                Ok(())
            }
        }
    });
    // Dropping `system` would wait for calls whose callers have timed out. If the database hangs,
    // such a call may never end. Everything that needs an orderly shutdown was already dropped at
    // the end of the future above.
    std::mem::forget(system);
    result
}

/// Runs the server until it receives a signal to stop.
///
/// Binds the address before it opens the database. If the address is in use, no database is
/// created.
async fn serve(config: &Config) -> Result<(), RunError> {
    system::check_clock().map_err(RunError::Clock)?;
    let options = config.options().map_err(RunError::Config)?;
    let storage: Storage = config.database.database_url.parse().map_err(RunError::Storage)?;
    let listener = TcpListener::bind(&config.listen)
        .map_err(|cause| RunError::Listen { address: config.listen.clone(), cause })?;
    let limits = config.server_limits(files::raise_limit());
    let signals = Signals::install().map_err(RunError::Serve)?;
    let posts = storage.open().map_err(RunError::Storage)?;

    let api = compose(posts, Arc::new(SystemClock), Arc::new(UuidV7Generator), options);
    let application = Application::build(listener, &api, &limits, signals.stop(limits.drain))
        .map_err(RunError::Serve)?;
    telemetry::print_urls(application.address());
    application.run_until_stopped().await.map_err(RunError::Serve)
}

/// Runs a command and returns the digest of the posts that it copied.
async fn archive(command: &Command) -> Result<Digest, ArchiveError> {
    let parse = |url: &str| url.parse::<Storage>().map_err(ArchiveError::Open);
    let open = |store: Storage| store.open().map_err(ArchiveError::Open);
    let open_existing = |store: Storage| store.open_existing().map_err(ArchiveError::Open);
    match command {
        Command::Transfer { from, to, resume } => {
            let (from, to) = (parse(from)?, parse(to)?);
            if from == to {
                return Err(ArchiveError::SameStore);
            }
            archive::transfer(&*open_existing(from)?, &*open(to)?, *resume).await
        }
        Command::Export { database, file } => {
            archive::export(&*open_existing(parse(&database.database_url)?)?, file).await
        }
        Command::Import { database, file, resume } => {
            archive::import(&*open(parse(&database.database_url)?)?, file, *resume).await
        }
    }
}

/// Creates the API from the adapters.
#[must_use]
pub fn compose(
    posts: Arc<dyn PostRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    options: Options,
) -> Api {
    let service = PostService::new(posts, clock, Arc::clone(&ids));
    Api::new(service, ids, options)
}

/// The error that ends the program. Its text is for the operator.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// An environment variable begins with `BLOG_`, and no option reads it.
    #[error("{0}")]
    Variable(UnknownVariable),
    /// The log filter is invalid.
    #[error("{0}")]
    Log(InvalidLogFilter),
    /// An option is invalid.
    #[error("{0}")]
    Config(ConfigError),
    /// The system clock is not set.
    #[error("{0}")]
    Clock(InvalidClock),
    /// The store cannot be used.
    #[error("{0}")]
    Storage(OpenStorageError),
    /// The server cannot listen on the address.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: String,
        /// The reason.
        cause: io::Error,
    },
    /// A transfer, export or import failed.
    #[error("{0}")]
    Archive(ArchiveError),
    /// The server failed.
    #[error("cannot serve: {0}")]
    Serve(io::Error),
}
