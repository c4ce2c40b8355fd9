//! Runs the commands that a document shows and compares what they print with what it shows.
//!
//! A block marked `console` has commands, each behind `$ ` and going on where a line ends in `\`,
//! and under each what it prints. Ids, cursors and times differ from run to run: an id or a cursor
//! in a later command is taken to be the one that was printed in its place, and a time need only be
//! one.

use std::{collections::BTreeMap, process::Command};

use uuid::Uuid;

/// Where a document says that the server is.
const SHOWN_HOST: &str = "localhost:5000";

/// A command, and what a document shows that it prints.
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
                (None, None) => panic!("a console block begins with no command: {line}"),
            },
        }
    }
    steps
}

/// Runs every step against the server at `host` and asserts that it prints what is shown.
pub fn assert_prints_what_is_shown(steps: &[Step], host: &str) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for Step { command, shown } in steps {
        let mut actual_command = command.replace(SHOWN_HOST, host);
        for (shown_name, name) in &names {
            actual_command = actual_command.replace(shown_name, name);
        }

        let output = Command::new("sh").args(["-c", &actual_command]).output().unwrap();

        let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
        names.extend(names_in(shown).into_iter().zip(names_in(&printed)));
        assert_eq!(
            without_what_varies(&printed, &BTreeMap::new()).trim_end(),
            without_what_varies(shown, &names).trim_end(),
            "{command}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The parts of a text that ids, cursors and times can be.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c)))
}

/// The ids and cursors in a text.
fn names_in(text: &str) -> Vec<String> {
    words(text).filter(|word| is_uuid(word) || is_cursor(word)).map(str::to_owned).collect()
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && Uuid::try_parse(word).is_ok()
}

/// Nothing else is so long and has both capitals and small letters.
fn is_cursor(word: &str) -> bool {
    let has = |class: fn(&char) -> bool| word.chars().any(|c| class(&c));
    word.len() > 40 && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase)
}

fn is_time(word: &str) -> bool {
    word.len() == 27 && word.ends_with('Z') && word.as_bytes()[10] == b'T'
}

fn without_what_varies(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (shown, actual) in names {
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
    fn steps_are_what_console_blocks_show() {
        let document = "```console\n$ a \\\n  b\nx\ny\n$ c\n```\n```sh\n$ d\n```\n";

        let expected = [("a \\\n  b", "x\ny\n"), ("c", "")];
        let expected = expected
            .map(|(command, shown)| Step { command: command.to_owned(), shown: shown.to_owned() });
        assert_eq!(steps(document), expected);
    }

    #[test]
    fn an_id_in_a_later_command_is_the_one_that_was_printed() {
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

        assert_prints_what_is_shown(&steps, "");
    }

    #[test]
    #[should_panic(expected = "assertion")]
    fn what_is_printed_otherwise_is_noticed() {
        let steps = [Step { command: "echo a".to_owned(), shown: "b".to_owned() }];

        assert_prints_what_is_shown(&steps, "");
    }
}
