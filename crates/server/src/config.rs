//! What can be set. Every option has a variable in the environment too; the option goes first.

use std::{collections::BTreeSet, path::PathBuf};

use clap::{Args, CommandFactory as _, Parser, Subcommand, builder::BoolishValueParser};
use http_actix::{CorsOrigins, InvalidOrigin, Limits, Options};
use thiserror::Error;

use crate::{storage::Storage, telemetry::DEFAULT_LOG};

/// The least body limit, in bytes. A post that is worth the name fits in.
const MIN_BODY_LIMIT: usize = 1_024;

/// Serves a blog's posts over HTTP, or moves them.
#[derive(Debug, Clone, Parser)]
#[command(name = "blog-api", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How to serve.
    #[command(flatten)]
    pub config: Config,
}

impl Arguments {
    /// The environment variables that options of any command read.
    pub(crate) fn variables() -> BTreeSet<String> {
        let command = Self::command();
        let commands = std::iter::once(&command).chain(command.get_subcommands());
        let options = commands.flat_map(clap::Command::get_arguments);
        let variables = options.filter_map(clap::Arg::get_env);
        variables.map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

/// What to do instead of serving.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Copy every post from one store to another, ids and times and all, and compare the two.
    Transfer {
        /// Where posts come from.
        #[arg(long, value_name = "URL")]
        from: String,

        /// Where they go to. It has to be empty.
        #[arg(long, value_name = "URL")]
        to: String,

        /// Go on with a transfer that was ended early.
        #[arg(long)]
        resume: bool,
    },
    /// Write every post to a file, a line of JSON each.
    Export {
        /// Where posts are kept.
        #[command(flatten)]
        database: Database,

        /// The file, which must not exist; `-` is standard output.
        #[arg(default_value = "-")]
        file: PathBuf,
    },
    /// Read posts from a file, a line of JSON each, and keep them as they are.
    Import {
        /// Where posts are kept.
        #[command(flatten)]
        database: Database,

        /// The file; `-` is standard input.
        #[arg(default_value = "-")]
        file: PathBuf,

        /// Pass over posts that the store has already.
        #[arg(long)]
        resume: bool,
    },
}

/// Where posts are kept.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// Where posts are kept: `sqlite://PATH` (a file, made if need be), `postgres://…` (with all that
    /// libpq takes) or `memory:` (lost at exit).
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        default_value = Storage::DEFAULT_URL,
        hide_env_values = true
    )]
    pub database_url: String,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The address to serve at. Port 0 takes any that is free.
    #[arg(long, env = "BLOG_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:5000")]
    pub listen: String,

    /// Where posts are kept.
    #[command(flatten)]
    pub database: Database,

    /// The longest request body to take, in bytes.
    #[arg(
        long,
        help = format!("The longest request body to take, in bytes; {MIN_BODY_LIMIT} or more"),
        env = "BLOG_BODY_LIMIT",
        value_name = "BYTES",
        default_value_t = Limits::default().body_bytes
    )]
    pub body_limit: usize,

    /// Insist on `If-Match` whenever a post is changed or deleted, so that nobody overwrites what they
    /// have not read.
    #[arg(long, env = "BLOG_REQUIRE_IF_MATCH", value_parser = BoolishValueParser::new())]
    pub require_if_match: bool,

    /// An origin whose scripts a browser may let use the API, such as `https://blog.example`; `*` for
    /// any. Can be given more than once; in the environment, with commas between. [default: none]
    #[arg(long, env = "BLOG_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub cors_origin: Vec<String>,

    /// What to log: a level, or levels by module as in `info,http_actix=debug`.
    #[arg(long, env = "BLOG_LOG", value_name = "FILTER", default_value = DEFAULT_LOG)]
    pub log: String,
}

impl Config {
    /// What the API is to be like.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] for an option that cannot be used.
    pub fn options(&self) -> Result<Options, ConfigError> {
        if self.body_limit < MIN_BODY_LIMIT {
            return Err(ConfigError::BodyLimit(self.body_limit));
        }
        // An empty variable is none.
        let origins = self.cors_origin.iter().map(String::as_str).filter(|text| !text.is_empty());
        Ok(Options {
            limits: Limits { body_bytes: self.body_limit, ..Limits::default() },
            require_if_match: self.require_if_match,
            cors: CorsOrigins::parse(origins).map_err(ConfigError::Origin)?,
        })
    }
}

/// Why an option cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// What was given for an origin is none.
    #[error("cannot use the CORS origin: {0}")]
    Origin(InvalidOrigin),
    /// No post fits in a body of so many bytes.
    #[error("cannot use the body limit {0}: it must be at least {MIN_BODY_LIMIT} bytes")]
    BodyLimit(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_option_has_a_variable_of_its_name() {
        let command = Arguments::command();
        let set = command.get_arguments().filter(|option| option.get_id() != "database_url");
        for option in set.filter(|option| option.get_env().is_some()) {
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
