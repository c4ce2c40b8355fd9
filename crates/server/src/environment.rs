//! Refuses environment variables that begin with `BLOG_` and that no option reads. Without this
//! check, a misspelt name would be ignored silently.

use std::collections::BTreeSet;

use thiserror::Error;

/// The prefix of the environment variables that are checked.
const PREFIX: &str = "BLOG_";

/// The prefix of the environment variables that the tests of this project read.
const TEST_PREFIX: &str = "BLOG_TEST_";

/// The minimum Jaro similarity, from 0 to 1, between an unknown name and a suggested name.
const MIN_SIMILARITY: f64 = 0.8;

/// The error of an environment variable that no option reads.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("no option reads the environment variable {name}: {hint}")]
pub struct UnknownVariable {
    name: String,
    hint: String,
}

/// Checks that every variable that begins with `BLOG_` is read by an option. The variables of the
/// tests and of Kubernetes services are exceptions.
///
/// `variables` yields names and values. `known` contains the names that options read.
///
/// # Errors
///
/// [`UnknownVariable`] for the first unknown name, in alphabetical order.
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

/// Returns whether Kubernetes may have set the variable. For a service named `blog`, for example,
/// it sets `BLOG_SERVICE_HOST`, `BLOG_PORT=tcp://10.0.0.11:80` and others in each container.
fn is_service_link(name: &str, value: &str) -> bool {
    name.contains("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && value.contains("://"))
        || name
            .split_once("_PORT_")
            .is_some_and(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()))
}

/// Returns what a user can do about an unknown name.
fn hint(name: &str, known: &BTreeSet<String>) -> String {
    let similarity = |known: &String| strsim::jaro(without_prefix(name), without_prefix(known));
    let closest = known.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    match closest.filter(|closest| similarity(closest) >= MIN_SIMILARITY) {
        Some(closest) => format!("did you mean {closest}?"),
        None => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            format!("known variables are {}", known.join(", "))
        }
    }
}

fn without_prefix(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}
