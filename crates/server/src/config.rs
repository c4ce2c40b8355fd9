//! What can be set. Every option has a variable in the environment too; the option goes first.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, builder::BoolishValueParser};
use http_actix::{CorsOrigins, InvalidOrigin, Limits, Options};

use crate::{storage::Storage, telemetry::DEFAULT_LOG};

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
    /// [`InvalidOrigin`] when what is given for an origin is none.
    pub fn options(&self) -> Result<Options, InvalidOrigin> {
        Ok(Options {
            limits: Limits { body_bytes: self.body_limit, ..Limits::default() },
            require_if_match: self.require_if_match,
            // An empty variable is none.
            cors: CorsOrigins::parse(
                self.cors_origin.iter().map(String::as_str).filter(|origin| !origin.is_empty()),
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

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
