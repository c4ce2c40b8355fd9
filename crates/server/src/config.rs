//! The command line: options, commands and environment variables. An option on the command line
//! takes precedence over its environment variable.

use std::{collections::BTreeSet, net::IpAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use clap::{Args, CommandFactory as _, Parser, Subcommand, builder::BoolishValueParser};
use http_actix::{
    AuthMode, CorsOrigins, InvalidNetwork, InvalidOrigin, KnownHosts, Limits, Options, RateLimit,
    TrustedProxies,
};
use thiserror::Error;

use crate::{
    database_option::Database, keys::KeysCommand, limits::ServerLimits, telemetry::DEFAULT_LOG,
};

/// The minimum body limit, in bytes. A short post fits into it.
const MIN_BODY_LIMIT: usize = 1_024;

/// The maximum of `--drain`, in seconds: an hour.
const MAX_DRAIN_SECONDS: u64 = 3_600;

/// Serve the posts of a blog over HTTP, or copy them between stores and files.
#[derive(Debug, Clone, Parser)]
#[command(name = "blog-api", version, args_conflicts_with_subcommands = true)]
#[non_exhaustive]
pub struct Arguments {
    /// The command to run instead of the server.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The options of the server.
    #[command(flatten)]
    pub config: Config,
}

impl Arguments {
    /// Returns the names of the environment variables that the options of any command read.
    pub(crate) fn variables() -> BTreeSet<String> {
        let command = Self::command();
        let groups = command.get_subcommands().flat_map(clap::Command::get_subcommands);
        let commands = std::iter::once(&command).chain(command.get_subcommands()).chain(groups);
        let options = commands.flat_map(clap::Command::get_arguments);
        let variables = options.filter_map(clap::Arg::get_env);
        variables.map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

/// A command to run instead of the server.
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Copy every post from one store to another, with its id, times and version, and compare both.
    Transfer {
        /// The source store. It must exist.
        #[arg(long, value_name = "URL")]
        from: String,

        /// The target store. It must be empty, except with `--resume`.
        #[arg(long, value_name = "URL")]
        to: String,

        /// Continue an interrupted transfer.
        #[arg(long)]
        resume: bool,
    },
    /// Write every post to a file, as one line of JSON for each post.
    Export {
        /// The store of posts.
        #[command(flatten)]
        database: Database,

        /// The file to create; it must not exist. `-` is standard output.
        #[arg(default_value = "-")]
        file: PathBuf,
    },
    /// Insert the posts of a file, one line of JSON for each post, with their ids, times and
    /// versions.
    Import {
        /// The store of posts.
        #[command(flatten)]
        database: Database,

        /// The file to read. `-` is standard input.
        #[arg(default_value = "-")]
        file: PathBuf,

        /// Skip posts that the store already has.
        #[arg(long)]
        resume: bool,
    },
    /// Create, list, revoke and rotate API keys.
    #[command(subcommand)]
    Keys(KeysCommand),
}

/// The options of the server.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on. Port 0 selects a free port.
    #[arg(long, env = "BLOG_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:5000")]
    pub listen: String,

    /// The store of posts.
    #[command(flatten)]
    pub database: Database,

    /// The maximum size of a request body, in bytes.
    #[arg(
        long,
        help = format!("The maximum size of a request body, in bytes; at least {MIN_BODY_LIMIT}"),
        env = "BLOG_BODY_LIMIT",
        value_name = "BYTES",
        default_value_t = Limits::default().body_bytes
    )]
    pub body_limit: usize,

    /// Require an `If-Match` header on PUT, PATCH and DELETE.
    #[arg(long, env = "BLOG_REQUIRE_IF_MATCH", value_parser = BoolishValueParser::new())]
    pub require_if_match: bool,

    /// An origin whose scripts may use the API (CORS), such as `https://blog.example`; `*` allows
    /// any origin. Repeat the option for several origins, or separate them with commas. [default:
    /// none]
    #[arg(long, env = "BLOG_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub cors_origin: Vec<String>,

    /// Which requests need an API key: `off` (none; only for this machine), `writes`, or `all`.
    /// With `writes`, clients without a key can read published posts only.
    #[arg(long, env = "BLOG_AUTH", value_name = "MODE", default_value_t = AuthMode::Off)]
    pub auth: AuthMode,

    /// With `--auth off`, allow addresses that other machines can reach. Then every client that
    /// reaches the server can change and delete all posts.
    #[arg(
        long,
        env = "BLOG_ALLOW_UNAUTHENTICATED_REMOTE",
        value_parser = BoolishValueParser::new()
    )]
    pub allow_unauthenticated_remote: bool,

    /// The maximum number of requests per second of each key, and of each address without a key; 0:
    /// no limit. Has no effect with `--auth off`.
    #[arg(
        long,
        env = "BLOG_RATE_LIMIT",
        value_name = "REQUESTS",
        default_value_t = RateLimit::DEFAULT_PER_SECOND
    )]
    pub rate_limit: u32,

    /// The address or network of a reverse proxy. The server reads the address of a client from the
    /// `X-Forwarded-For` header of this proxy. For several proxies, repeat the option or separate
    /// them with commas. [default: none]
    #[arg(long, env = "BLOG_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',')]
    pub trusted_proxy: Vec<String>,

    /// The file with the secret that signs preview links: at least 32 random bytes. [default: a
    /// secret in the database]
    #[arg(long, env = "BLOG_PREVIEW_SECRET_FILE", value_name = "FILE")]
    pub preview_secret_file: Option<PathBuf>,

    /// The maximum memory of the responses to reads of posts that the server keeps to answer
    /// repeated reads, in bytes; 0: keep none. Has no effect on PostgreSQL.
    #[arg(
        long,
        env = "BLOG_CACHE_BYTES",
        value_name = "BYTES",
        default_value_t = Options::CACHE_BYTES
    )]
    pub cache_bytes: usize,

    /// How long requests in progress may take after the server receives a signal to stop, in
    /// seconds.
    #[arg(
        long,
        env = "BLOG_DRAIN",
        value_name = "SECONDS",
        default_value_t = ServerLimits::default().drain.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=MAX_DRAIN_SECONDS)
    )]
    pub drain: u64,

    /// The log filter: a level, or levels by module, as in `info,http_actix=debug`.
    #[arg(long, env = "BLOG_LOG", value_name = "FILTER", default_value = DEFAULT_LOG)]
    pub log: String,
}

impl Config {
    /// Returns the options of the API.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first invalid option.
    pub fn options(&self) -> Result<Options, ConfigError> {
        if self.body_limit < MIN_BODY_LIMIT {
            return Err(ConfigError::BodyLimit(self.body_limit));
        }
        // An empty environment variable means no origin.
        let origins = self.cors_origin.iter().map(String::as_str).filter(|text| !text.is_empty());
        let proxies = self.trusted_proxy.iter().map(String::as_str).filter(|text| !text.is_empty());
        Ok(Options {
            limits: Limits { body_bytes: self.body_limit, ..Limits::default() },
            require_if_match: self.require_if_match,
            cors: CorsOrigins::parse(origins).map_err(ConfigError::Origin)?,
            auth: self.auth,
            cache_bytes: self.cache_bytes,
            known_hosts: match self.allow_unauthenticated_remote {
                true => KnownHosts::Any,
                false => KnownHosts::Loopback,
            },
            rate_limit: RateLimit { per_second: NonZeroU32::new(self.rate_limit) },
            trusted_proxies: TrustedProxies::parse(proxies).map_err(ConfigError::Proxy)?,
        })
    }
}

impl Config {
    /// Returns whether the server may listen on an address.
    ///
    /// A server without keys may listen only on loopback addresses, unless
    /// `--allow-unauthenticated-remote` is set.
    pub(crate) fn may_listen_on(&self, address: IpAddr) -> bool {
        let is_local = address.to_canonical().is_loopback();
        self.auth != AuthMode::Off || is_local || self.allow_unauthenticated_remote
    }

    /// Returns the limits of the server. `files` is the number of connections that the limit of
    /// open files allows. `None` means that there is no such limit.
    pub(crate) fn server_limits(&self, files: Option<u64>) -> ServerLimits {
        let limits = ServerLimits::default();
        let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
        ServerLimits {
            connections: limits.connections.min(files),
            drain: Duration::from_secs(self.drain),
            ..limits
        }
    }
}

/// The error of an invalid option.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text of an origin is invalid.
    #[error("cannot use the CORS origin: {0}")]
    Origin(InvalidOrigin),
    /// The network of a proxy is invalid.
    #[error("cannot use the trusted proxy: {0}")]
    Proxy(InvalidNetwork),
    /// The body limit is below the minimum.
    #[error("cannot use the body limit {0}: it must be at least {MIN_BODY_LIMIT} bytes")]
    BodyLimit(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_valid() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_server_without_keys_listens_on_loopback_addresses_only() {
        for (arguments, remote) in [
            (&["blog-api"][..], false),
            (&["blog-api", "--allow-unauthenticated-remote"], true),
            (&["blog-api", "--auth", "writes"], true),
            (&["blog-api", "--auth", "all"], true),
        ] {
            let config = Arguments::parse_from(arguments).config;
            for address in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
                assert!(config.may_listen_on(address.parse().unwrap()), "{arguments:?} {address}");
            }
            for address in ["0.0.0.0", "::", "::ffff:0.0.0.0", "10.0.0.1", "2001:db8::1"] {
                let may = config.may_listen_on(address.parse().unwrap());
                assert_eq!(may, remote, "{arguments:?} {address}");
            }
        }
    }

    #[test]
    fn every_option_has_an_environment_variable_with_its_name() {
        let command = Arguments::command();
        let options = command.get_arguments().filter(|option| option.get_id() != "database_url");
        for option in options.filter(|option| option.get_env().is_some()) {
            let expected = format!("BLOG_{}", option.get_id().as_str().to_uppercase());
            assert_eq!(option.get_env().unwrap(), expected.as_str());
        }
        let without: Vec<_> = command
            .get_arguments()
            .filter(|option| option.get_env().is_none())
            .map(|option| option.get_id().as_str())
            .collect();
        assert_eq!(without, [""; 0]);
    }
}
