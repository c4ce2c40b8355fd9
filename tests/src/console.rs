//! Runs the commands in a document and compares their output with the output in the document.
//!
//! A block marked `console` has commands and their output. A command starts with `$ ` and continues
//! on the next line after a `\`.
//!
//! Ids, cursors and times differ from run to run. A documented id or cursor stands for the id or
//! cursor that the command prints at the same position. In later commands, the printed one replaces
//! it. A documented time matches any printed time.

use std::{collections::BTreeMap, fs, process::Command};

use tempfile::TempDir;
use uuid::Uuid;

/// The host and port that the documents use for the server.
const SHOWN_HOST: &str = "localhost:5000";

/// A command and its documented output.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    pub command: String,
    pub shown: String,
}

/// The steps in the `console` blocks of a document.
pub fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut in_console = false;
    for line in document.lines() {
        match line {
            "```console" => in_console = true,
            "```" => in_console = false,
            _ if !in_console => {}
            _ => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { command: command.to_owned(), shown: String::new() });
                }
                (None, Some(step)) if step.command.ends_with('\\') => {
                    step.command += &format!("\n{line}");
                }
                (None, Some(step)) => step.shown += &format!("{line}\n"),
                (None, None) => {
                    panic!("a console block must start with a command, not with: {line}")
                }
            },
        }
    }
    steps
}

/// Runs every step against the server at `host` and asserts that it prints the documented output.
///
/// With a `key`, curl sends this API key. The key is in a configuration file, so the commands are the
/// documented ones.
pub fn assert_prints_documented_output(steps: &[Step], host: &str, key: Option<&str>) {
    let curl_home = TempDir::new().unwrap();
    if let Some(key) = key {
        let line = format!("header = \"Authorization: Bearer {key}\"\n");
        fs::write(curl_home.path().join(".curlrc"), line).unwrap();
    }
    let mut identifiers: BTreeMap<String, String> = BTreeMap::new();
    for Step { command, shown } in steps {
        let mut actual_command = command.replace(SHOWN_HOST, host);
        for (shown_identifier, identifier) in &identifiers {
            actual_command = actual_command.replace(shown_identifier, identifier);
        }

        let mut shell = Command::new("sh");
        shell.args(["-c", &actual_command]).env("CURL_HOME", curl_home.path());
        let output = shell.output().unwrap();

        let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
        identifiers.extend(identifiers_in(shown).into_iter().zip(identifiers_in(&printed)));
        assert_eq!(
            normalize(&printed, &BTreeMap::new()).trim_end(),
            normalize(shown, &identifiers).trim_end(),
            "{command}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The parts of a text that may be ids, cursors or times.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c)))
}

/// The ids and cursors in a text.
fn identifiers_in(text: &str) -> Vec<String> {
    words(text).filter(|word| is_uuid(word) || is_cursor(word)).map(str::to_owned).collect()
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && Uuid::try_parse(word).is_ok()
}

/// Only a cursor is this long and has both upper-case and lower-case letters.
fn is_cursor(word: &str) -> bool {
    let has = |class: fn(&char) -> bool| word.chars().any(|c| class(&c));
    word.len() > 40 && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase)
}

fn is_time(word: &str) -> bool {
    word.len() == 27 && word.ends_with('Z') && word.as_bytes()[10] == b'T'
}

/// Replaces each documented identifier with the actual one, and each timestamp with a placeholder.
fn normalize(text: &str, identifiers: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (shown, actual) in identifiers {
        text = text.replace(shown, actual);
    }
    for time in words(&text.clone()).filter(|word| is_time(word)) {
        text = text.replace(time, "<time>");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_from_console_blocks() {
        let document = "```console\n$ a \\\n  b\nx\ny\n$ c\n```\n```sh\n$ d\n```\n";

        let expected = [("a \\\n  b", "x\ny\n"), ("c", "")];
        let expected = expected
            .map(|(command, shown)| Step { command: command.to_owned(), shown: shown.to_owned() });
        assert_eq!(steps(document), expected);
    }

    #[test]
    fn an_id_in_a_later_command_is_replaced_with_the_printed_one() {
        let [shown, actual] =
            ["3257de2a-ddae-4070-90d4-1b04a367bb07", "00000000-0000-4000-8000-000000000001"];
        let step = |command: &str, shown: &str| Step {
            command: command.to_owned(),
            shown: shown.to_owned(),
        };
        let steps = [
            step(&format!("echo id={actual}"), &format!("id={shown}\n")),
            step(&format!("echo again {shown}"), &format!("again {shown}\n")),
            step("echo 2026-01-01T00:00:00.000001Z", "2025-02-27T10:49:38.369401Z"),
        ];

        assert_prints_documented_output(&steps, "", None);
    }

    #[test]
    #[should_panic(expected = "assertion")]
    fn different_output_is_detected() {
        let steps = [Step { command: "echo a".to_owned(), shown: "b".to_owned() }];

        assert_prints_documented_output(&steps, "", None);
    }
}
