//! The composition root: the only place that knows every adapter.
//!
//! | to find | look in |
//! |---|---|
//! | what can be set, and how | [`config`](Arguments) |
//! | which variables of the environment are refused | [`environment`] |
//! | which URL means which store | [`storage`] |
//! | where time and ids come from | [`system`] |
//! | what is served, and until when | [`application`](Application) |
//! | how header names are written | `header_names` |
//! | how posts are moved | [`archive`](mod@archive) |
//! | where log lines go | [`telemetry`] |

mod application;
pub mod archive;
mod config;
pub mod environment;
mod header_names;
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

use crate::{
    archive::{ArchiveError, Digest},
    environment::UnknownVariable,
    storage::{OpenStorageError, Storage},
    system::{SystemClock, UuidV7Generator},
    telemetry::InvalidLogFilter,
};

/// Does what the program is asked for.
///
/// # Errors
///
/// A [`RunError`] that says why not.
pub fn run(arguments: &Arguments) -> Result<(), RunError> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let variables = env::vars_os().map(|(name, value)| (text(name), text(value)));
    environment::check(variables, &Arguments::variables()).map_err(RunError::Variable)?;
    telemetry::start(&arguments.config.log).map_err(RunError::Log)?;

    let system = actix_web::rt::System::new();
    let result = system.block_on(async {
        match &arguments.command {
            None => serve(&arguments.config).await,
            Some(command) => {
                let digest = archive(command).await.map_err(RunError::Archive)?;
                telemetry::report(&digest);
                Ok(())
            }
        }
    });
    // Dropping it would wait for calls that were given up, and a database that hangs may never end
    // them. All that has to end in order has been dropped with the future.
    std::mem::forget(system);
    result
}

/// Runs the server until it is told to stop. The address is taken before the database is touched,
/// so an address that is taken already leaves no trace.
async fn serve(config: &Config) -> Result<(), RunError> {
    let options = config.options().map_err(RunError::Config)?;
    let storage: Storage = config.database.database_url.parse().map_err(RunError::Storage)?;
    let listener = TcpListener::bind(&config.listen)
        .map_err(|cause| RunError::Listen { address: config.listen.clone(), cause })?;
    let posts = storage.open().map_err(RunError::Storage)?;

    let api = compose(posts, Arc::new(SystemClock), Arc::new(UuidV7Generator), options);
    let application = Application::build(listener, &api, None).map_err(RunError::Serve)?;
    telemetry::announce(application.address());
    application.run_until_stopped().await.map_err(RunError::Serve)
}

/// Moves posts, and gives what was moved.
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

/// Puts the adapters into the service and the service into the API.
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

/// Why the server does not run. Its text is one line, for whoever started it.
#[derive(Debug, Error)]
pub enum RunError {
    /// No option reads a variable of the environment.
    #[error("{0}")]
    Variable(UnknownVariable),
    /// The log filter cannot be read.
    #[error("{0}")]
    Log(InvalidLogFilter),
    /// An option cannot be used.
    #[error("{0}")]
    Config(ConfigError),
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
    /// Posts were not moved.
    #[error("{0}")]
    Archive(ArchiveError),
    /// The server stopped by itself.
    #[error("cannot serve: {0}")]
    Serve(io::Error),
}
