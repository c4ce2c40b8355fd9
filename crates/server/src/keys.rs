//! The commands of API keys.

use std::{
    io::{self, Write as _},
    str::FromStr,
    time::Duration,
};

use chrono::SecondsFormat;
use clap::{Subcommand, ValueEnum};
use domain::{
    ApiKey, InvalidValue, KeyError, KeyId, KeyName, KeyScope, KeyText, Timestamp, error_chain,
};
use serde_json::json;
use thiserror::Error;
use uuid::Uuid;

use crate::{
    adapters::Adapters,
    database_option::Database,
    storage::{OpenStorageError, Storage},
};

/// A command of API keys. Running servers apply a change within 5 seconds.
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum KeysCommand {
    /// Create a key and print it on standard output. No command can print the key again.
    Create {
        /// A name that says who uses the key.
        #[arg(long, value_name = "NAME")]
        name: String,

        /// What the key allows.
        #[arg(long)]
        scope: Scope,

        /// The time until the key expires, such as `90d`, `12h` or `30m`. [default: never]
        #[arg(long, value_name = "TIME")]
        expires_in: Option<Lifetime>,

        /// The store of keys.
        #[command(flatten)]
        database: Database,
    },
    /// List all keys, without their secrets.
    List {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,

        /// The store of keys.
        #[command(flatten)]
        database: Database,
    },
    /// Revoke a key. A revoked key never becomes valid again.
    Revoke {
        /// The id of the key, as `keys list` prints it.
        #[arg(value_name = "ID")]
        id: String,

        /// The store of keys.
        #[command(flatten)]
        database: Database,
    },
    /// Replace the secret of a key and print the new key. The old key is no longer valid.
    Rotate {
        /// The id of the key, as `keys list` prints it.
        #[arg(value_name = "ID")]
        id: String,

        /// The store of keys.
        #[command(flatten)]
        database: Database,
    },
    /// Revoke all preview links. Has no effect on a server with `--preview-secret-file`: replace
    /// the file and restart that server.
    RevokePreviews {
        /// The store of the preview secret.
        #[command(flatten)]
        database: Database,
    },
}

/// What a key allows.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Scope {
    /// Read all posts, including drafts.
    Read,
    /// Also create, change and delete posts, and create preview links.
    Write,
    /// All requests.
    Admin,
}

impl From<Scope> for KeyScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Write => Self::Write,
            Scope::Admin => Self::Admin,
        }
    }
}

/// A duration such as `90d`: a positive number of days, hours, minutes or seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(Duration);

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let seconds = match unit {
                "d" => 24 * 60 * 60,
                "h" => 60 * 60,
                "m" => 60,
                "s" => 1,
                _ => return None,
            };
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            let number: u32 = number.parse().ok().filter(|number| is_number && *number > 0)?;
            Some(Self(Duration::from_secs(u64::from(number) * seconds)))
        };
        parse().ok_or_else(|| "write a time like 90d, 12h, 30m or 45s".to_owned())
    }
}

/// Runs a command.
///
/// # Errors
///
/// [`KeysError`] when the command fails.
pub(crate) async fn run(command: &KeysCommand) -> Result<(), KeysError> {
    match command {
        KeysCommand::Create { name, scope, expires_in, database } => {
            let name = KeyName::new(name.as_str()).map_err(KeysError::Name)?;
            let store = parse(database)?.open().map_err(KeysError::Open)?;
            let keys = Adapters::of(store).key_service();
            let lifetime = expires_in.map(|Lifetime(lifetime)| lifetime);
            let key = keys.create(name, (*scope).into(), lifetime).await;
            let key = key.map_err(KeysError::Failed)?;
            print(&key.reveal())
        }
        KeysCommand::List { json, database } => {
            let adapters = open(database)?;
            let keys = adapters.key_service().list().await.map_err(KeysError::Failed)?;
            let now = adapters.clock.now();
            if *json {
                print(&format!("{:#}", as_json(&keys, now)))
            } else {
                print_table(&keys, now)
            }
        }
        KeysCommand::Revoke { id, database } => {
            let id = parse_id(id)?;
            open(database)?.key_service().revoke(id).await.map_err(KeysError::Failed)?;
            note("revoked; running servers refuse the key within 5 seconds")
        }
        KeysCommand::Rotate { id, database } => {
            let id = parse_id(id)?;
            let key = open(database)?.key_service().rotate(id).await.map_err(KeysError::Failed)?;
            print(&key.reveal())
        }
        KeysCommand::RevokePreviews { database } => {
            let previews = open(database)?.preview_service();
            previews.revoke_all().await.map_err(KeysError::Failed)?;
            note("all preview links that the secret in the database has signed are invalid")
        }
    }
}

/// Parses the URL of the store of keys. Refuses a store in memory, because its keys are lost when
/// the command ends.
fn parse(database: &Database) -> Result<Storage, KeysError> {
    let storage: Storage = database.database_url.parse().map_err(KeysError::Open)?;
    if storage == Storage::Memory { Err(KeysError::Memory) } else { Ok(storage) }
}

/// Opens an existing store of keys. Without this check, a command with a mistyped URL would create
/// an empty store and report success.
fn open(database: &Database) -> Result<Adapters, KeysError> {
    parse(database)?.open_existing().map(Adapters::of).map_err(KeysError::Open)
}

/// Parses the id of a key. Also accepts the complete key.
fn parse_id(text: &str) -> Result<KeyId, KeysError> {
    let key = text.parse().map(|KeyText { id, .. }| id);
    let id = key.or_else(|_| Uuid::try_parse(text).map(KeyId::new));
    id.map_err(|_| KeysError::Id)
}

/// Prints a result on standard output.
fn print(text: &str) -> Result<(), KeysError> {
    writeln!(io::stdout(), "{text}").map_err(KeysError::Print)
}

/// Prints a message on standard error.
fn note(text: &str) -> Result<(), KeysError> {
    writeln!(io::stderr(), "{text}").map_err(KeysError::Print)
}

fn print_table(keys: &[ApiKey], now: Timestamp) -> Result<(), KeysError> {
    let mut rows = vec![
        ["ID", "SCOPE", "STATE", "CREATED", "EXPIRES", "LAST USED", "NAME"].map(str::to_owned),
    ];
    for key in keys {
        rows.push([
            key.id.to_string(),
            key.scope.to_string(),
            state(key, now).to_owned(),
            date(Some(key.created_at)),
            date(key.expires_at),
            date(key.last_used_at),
            key.name.as_str().to_owned(),
        ]);
    }
    for [id, scope, state, created, expires, used, name] in rows {
        print(&format!(
            "{id:32}  {scope:5}  {state:7}  {created:20}  {expires:20}  {used:20}  {name}"
        ))?;
    }
    Ok(())
}

fn as_json(keys: &[ApiKey], now: Timestamp) -> serde_json::Value {
    let time = |time: Option<Timestamp>| time.map(|time| date(Some(time)));
    let key = |key: &ApiKey| {
        json!({
            "id": key.id.to_string(),
            "name": key.name.as_str(),
            "scope": key.scope.as_str(),
            "state": state(key, now),
            "created_at": date(Some(key.created_at)),
            "expires_at": time(key.expires_at),
            "revoked_at": time(key.revoked_at),
            "last_used_at": time(key.last_used_at),
        })
    };
    keys.iter().map(key).collect()
}

fn state(key: &ApiKey, now: Timestamp) -> &'static str {
    match key {
        _ if key.is_active(now) => "active",
        ApiKey { revoked_at: Some(_), .. } => "revoked",
        _ => "expired",
    }
}

/// Formats a time in whole seconds (RFC 3339), or `-` if there is none.
fn date(time: Option<Timestamp>) -> String {
    time.map_or("-".to_owned(), |time| {
        time.as_datetime().to_rfc3339_opts(SecondsFormat::Secs, true)
    })
}

/// The error of a command of API keys. Its text is for the operator.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The store cannot be opened.
    #[error("{0}")]
    Open(OpenStorageError),
    /// The store is in memory.
    #[error("a store in memory cannot keep keys: give the URL of a database with --database-url")]
    Memory,
    /// The name is invalid.
    #[error("cannot use this name: {0}")]
    Name(InvalidValue),
    /// The id is invalid.
    // The text may be a key, so the message does not repeat it.
    #[error("this is not the id of a key: `keys list` prints the ids")]
    Id,
    /// The command failed.
    #[error("{}", error_chain(.0))]
    Failed(KeyError),
    /// The result cannot be printed.
    #[error("cannot print the result: {0}")]
    Print(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_positive_number_and_a_unit() {
        let seconds = |text: &str| text.parse().map(|Lifetime(time)| time.as_secs());

        assert_eq!(seconds("90d"), Ok(90 * 86_400));
        assert_eq!(seconds("12h"), Ok(43_200));
        assert_eq!(seconds("1m"), Ok(60));
        assert_eq!(seconds("45s"), Ok(45));
        for text in ["", "d", "0d", "-1d", "+1d", "1", "1w", "1.5d", "1 d", "99999999999d", "1é"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
