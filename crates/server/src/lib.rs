//! The composition root of the program `blog-api`: the only crate that depends on every adapter.
//!
//! | to find | look in |
//! |---|---|
//! | the options and commands | [`config`](Arguments) |
//! | the option for the store | [`database_option`](Database) |
//! | the adapter for each port | [`adapters`](Adapters) |
//! | the check of environment variables | [`environment`] |
//! | the URLs of stores | [`storage`] |
//! | the system clock, and the generators of ids and secrets | [`system`] |
//! | the HTTP server, its timeouts and shutdown | [`application`](Application) |
//! | HTTP/1.1 connections and their deadlines | `http1` |
//! | transfer, export and import | [`archive`](mod@archive) |
//! | the commands of API keys | `keys` |
//! | API keys in memory | `key_cache` |
//! | the preview secret in a file | `preview_secret_file` |
//! | the log and the output | [`telemetry`] |
//!
//! A program outside this workspace can serve its own adapter with [`compose`] and [`Application`].
//! `docs/ARCHITECTURE.md` has such a program.

mod adapters;
mod application;
pub mod archive;
mod config;
mod database_option;
pub mod environment;
mod files;
mod http1;
mod key_cache;
mod keys;
mod limits;
mod log_writer;
mod preview_secret_file;
mod signals;
pub mod storage;
pub mod system;
pub mod telemetry;

use std::{env, ffi::OsString, io, net::TcpListener, sync::Arc};

use domain::{KeyError, Timestamp, error_chain};
use http_actix::{AuthMode, CacheStatistics};
use thiserror::Error;

pub use adapters::{Adapters, compose};
pub use application::Application;
pub use config::{Arguments, Command, Config, ConfigError};
pub use database_option::Database;
pub use keys::{KeysCommand, KeysError};
pub use limits::{ConnectionLimits, ServerLimits};
pub use signals::Signals;

use crate::{
    archive::{ArchiveError, Digest},
    environment::UnknownVariable,
    key_cache::KeyCache,
    preview_secret_file::{PreviewSecretError, PreviewSecretFile},
    storage::{OpenStorageError, Storage},
    system::InvalidClock,
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
            Some(Command::Keys(command)) => keys::run(command).await.map_err(RunError::Keys),
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
    let address = listener.local_addr().map_err(RunError::Serve)?;
    if !config.may_listen_on(address.ip()) {
        return Err(RunError::Unauthenticated { address: config.listen.clone() });
    }
    if options.auth != AuthMode::Off && storage == Storage::Memory {
        return Err(RunError::Keys(KeysError::Memory));
    }
    let limits = config.server_limits(files::raise_limit());
    let signals = Signals::install().map_err(RunError::Serve)?;
    let mut adapters = Adapters::of(storage.open().map_err(RunError::Storage)?);
    adapters.keys = Arc::new(KeyCache::new(adapters.keys));
    if let Some(file) = &config.preview_secret_file {
        let secret = PreviewSecretFile::read(file).map_err(RunError::PreviewSecret)?;
        adapters.preview_secret = Arc::new(secret);
    }
    if options.auth != AuthMode::Off {
        warn_without_keys(&adapters).await.map_err(RunError::ListKeys)?;
    }

    let api = compose(&adapters, options);
    let application = Application::build(listener, &api, &limits, signals.stop(limits.drain))
        .map_err(RunError::Serve)?;
    telemetry::print_urls(application.address(), config.auth);
    let served = application.run_until_stopped().await.map_err(RunError::Serve);
    let CacheStatistics { hits, misses, bytes } = api.cache_statistics();
    tracing::info!(hits, misses, bytes, "reads of posts that the cache answered");
    served
}

/// Logs how to create a key if no key is valid.
async fn warn_without_keys(adapters: &Adapters) -> Result<(), KeyError> {
    let now: Timestamp = adapters.clock.now();
    if !adapters.key_service().list().await?.iter().any(|key| key.is_active(now)) {
        tracing::warn!(
            "no API key is valid; create one with: blog-api keys create --name NAME --scope admin \
             (with the --database-url of this server)"
        );
    }
    Ok(())
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
        Command::Keys(_) => Ok(Digest::default()),
    }
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
    /// A server without keys may not listen on this address.
    #[error(
        "cannot listen on {address} with --auth off, because other machines can reach it: require \
         keys with --auth writes or --auth all, listen on 127.0.0.1, or add \
         --allow-unauthenticated-remote"
    )]
    Unauthenticated {
        /// The address.
        address: String,
    },
    /// A command of API keys failed, or the store cannot keep keys.
    #[error("{0}")]
    Keys(KeysError),
    /// The keys cannot be read at the start.
    #[error("{}", error_chain(.0))]
    ListKeys(KeyError),
    /// The preview secret cannot be used.
    #[error("{0}")]
    PreviewSecret(PreviewSecretError),
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
