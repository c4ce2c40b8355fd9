//! Refuses environment variables that look like options and that no option reads: a misspelt name
//! would be ignored in silence.

use std::collections::BTreeSet;

use thiserror::Error;

/// The prefix of the variables that options read.
const PREFIX: &str = "BLOG_";

/// The prefix of the variables that this project's tests read.
const TEST_PREFIX: &str = "BLOG_TEST_";

/// How alike two names have to be, from 0 to 1, for one to be suggested in place of the other.
const LEAST_SIMILARITY: f64 = 0.8;

/// No option reads a variable.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("no option reads the environment variable {name}: {hint}")]
pub struct UnknownVariable {
    name: String,
    hint: String,
}

/// Checks that an option reads each of `variables`, given by name and value, that begins with
/// `BLOG_`. `known` are the variables that options read.
///
/// # Errors
///
/// [`UnknownVariable`] for the first by name that none reads.
pub(crate) fn check(
    variables: impl Iterator<Item = (String, String)>,
    known: &BTreeSet<String>,
) -> Result<(), UnknownVariable> {
    let unknown = variables
        .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX))
        .filter(|(name, value)| !known.contains(name) && !is_service_link(name, value))
        .min();
    match unknown {
        Some((name, _)) => Err(UnknownVariable { hint: hint(&name, known), name }),
        None => Ok(()),
    }
}

/// Whether Kubernetes may have set the variable: for a service named `blog`, say, it sets
/// `BLOG_SERVICE_HOST`, `BLOG_PORT=tcp://10.0.0.11:80` and more in each container.
fn is_service_link(name: &str, value: &str) -> bool {
    name.contains("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && value.contains("://"))
        || name
            .split_once("_PORT_")
            .is_some_and(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()))
}

fn hint(name: &str, known: &BTreeSet<String>) -> String {
    let similarity = |known: &String| strsim::jaro(without_prefix(name), without_prefix(known));
    let closest = known.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    match closest.filter(|closest| similarity(closest) >= LEAST_SIMILARITY) {
        Some(closest) => format!("did you mean {closest}?"),
        None => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            format!("known are {}", known.join(", "))
        }
    }
}

fn without_prefix(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}
