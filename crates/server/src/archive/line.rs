//! The NDJSON form of a post: a JSON object on one line, with its keys in alphabetical order.

use chrono::{DateTime, SecondsFormat};
use domain::{Content, Post, PostRecord, Timestamp, Title, Version};
use serde::{Deserialize, Serialize};

/// The fields of a post, in alphabetical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    content: String,
    created_at: String,
    id: String,
    published: bool,
    title: String,
    updated_at: String,
    /// Missing in the files of earlier releases, because posts had no version then.
    #[serde(default = "first_version")]
    version: u64,
}

const fn first_version() -> u64 {
    Version::FIRST.number()
}

/// Returns the line of a post, without a line break.
pub(super) fn write(post: &Post) -> String {
    let PostRecord { id, title, content, published, created_at, updated_at, version } =
        post.record();
    let line = Line {
        content: content.as_str().to_owned(),
        created_at: rfc3339(*created_at),
        id: id.to_string(),
        published: *published,
        title: title.as_str().to_owned(),
        updated_at: rfc3339(*updated_at),
        version: version.number(),
    };
    // Serializing strings, a number and a boolean cannot fail.
    serde_json::to_string(&line).unwrap_or_default()
}

/// Parses a line.
///
/// # Errors
///
/// A text with every problem of the line.
pub(super) fn read(line: &str) -> Result<Post, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = line.id.parse().map_err(|error| format!("id: {error}"));
    let title = Title::new(line.title).map_err(|error| format!("title: {error}"));
    let content = Content::new(line.content).map_err(|error| format!("content: {error}"));
    let created_at = parse_time(&line.created_at).map_err(|error| format!("created_at: {error}"));
    let updated_at = parse_time(&line.updated_at).map_err(|error| format!("updated_at: {error}"));
    let version = Version::new(line.version).map_err(|error| format!("version: {error}"));
    match (id, title, content, created_at, updated_at, version) {
        (Ok(id), Ok(title), Ok(content), Ok(created_at), Ok(updated_at), Ok(version)) => {
            let published = line.published;
            let record =
                PostRecord { id, title, content, published, created_at, updated_at, version };
            Post::restore(record).map_err(|error| error.to_string())
        }
        (id, title, content, created_at, updated_at, version) => {
            let problems = [
                id.err(),
                title.err(),
                content.err(),
                created_at.err(),
                updated_at.err(),
                version.err(),
            ];
            let problems = problems.iter().flatten().map(|problem| problem.trim_end_matches('.'));
            Err(problems.collect::<Vec<_>>().join("; "))
        }
    }
}

fn rfc3339(time: Timestamp) -> String {
    time.as_datetime().to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Parses an RFC 3339 time with any offset. Refuses a time that is more precise than a microsecond,
/// because a store cannot store it exactly.
fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    let exact = DateTime::parse_from_rfc3339(text).map_err(|_| "not an RFC 3339 time")?;
    let time = Timestamp::new(exact.to_utc());
    if time.as_datetime() == exact { Ok(time) } else { Err("more precise than a microsecond") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = concat!(
        r#"{"content":"Line\nand 🦀 line","created_at":"2025-02-27T10:49:38.369401Z","#,
        r#""id":"3257de2a-ddae-4070-90d4-1b04a367bb07","published":false,"title":"A \"title\"","#,
        r#""updated_at":"2025-02-27T10:49:39.000000Z","version":7}"#
    );

    #[test]
    fn a_line_round_trips() {
        assert_eq!(write(&read(LINE).unwrap()), LINE);
    }

    #[test]
    fn a_line_without_a_version_is_a_post_of_version_1() {
        let post = read(&LINE.replace(r#","version":7"#, "")).unwrap();

        assert_eq!(post.record().version, Version::FIRST);
    }

    #[test]
    fn every_problem_of_a_line_is_reported() {
        let line = LINE
            .replace("3257", "xxxx")
            .replace(r#""A \"title\"""#, r#""A""#)
            .replace("39.000000Z", "39.0000001Z")
            .replace(":7}", ":0}");

        assert_eq!(
            read(&line),
            Err("id: not a UUID in its hyphenated form; title: Length must be between 3 and 100; \
                 updated_at: more precise than a microsecond; version: a version must be from 1 to 9223372036854775807"
                .to_owned())
        );
    }

    #[test]
    fn an_invalid_line_is_refused() {
        for line in [
            "",
            "[]",
            "{}",
            &LINE.replace(r#""published":false,"#, ""),
            &LINE.replace("published", "author"),
            &LINE.replace("false", "0"),
            &LINE.replace("10:49:39", "10:49:37"),
            &LINE.replace("10:49:39", "yesterday"),
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
