use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
    thread,
};

use diesel::{
    Connection as _, RunQueryDsl as _, SqliteConnection, dsl::sql, select, sql_types::BigInt,
};
use reqwest::Client;

use crate::program::{POLL_INTERVAL, Program, command, file_names, folder, run};

const COUNT: usize = 300;

/// A number of posts large enough that a test can kill a transfer before the transfer ends.
const LARGE_COUNT: usize = 6_000;

fn line(n: usize) -> String {
    format!(
        concat!(
            r#"{{"content":"Content 🦀 {n}","created_at":"2025-02-27T10:49:38.{n:06}Z","#,
            r#""id":"00000000-0000-4000-8000-{n:012}","published":{published},"title":"Title {n}","#,
            r#""updated_at":"2025-02-28T10:49:38.000001Z","version":{version}}}"#
        ),
        n = n,
        version = n % 7 + 1,
        published = n.is_multiple_of(2),
    )
}

/// Returns the post of `line(n)` as a JSON object of the API. The object has no version, because
/// the API sends the version in a header.
fn json(n: usize) -> String {
    let line = line(n);
    let (post, _version) = line.rsplit_once(",\"version\"").unwrap();
    format!("{post}}}")
}

fn lines(count: usize) -> String {
    (0..count).map(|n| line(n) + "\n").collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn import(folder: &Path, url: &str, input: &str, more: &[&str]) -> Output {
    let mut command = command(folder, &["import", "--database-url", url]);
    let mut child =
        command.args(more).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn export(folder: &Path, url: &str) -> String {
    let output = run(folder, &["export", "--database-url", url]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn transfer(folder: &Path, from: &str, to: &str, more: &[&str]) -> Output {
    run(folder, &[&["transfer", "--from", from, "--to", to], more].concat())
}

#[test]
fn an_export_has_the_same_bytes_as_the_imported_file() {
    let folder = folder();

    let output = import(folder.path(), "sqlite://a.db", &lines(COUNT), &[]);

    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).starts_with("300 posts, content hash "));
    assert_eq!(export(folder.path(), "sqlite://a.db"), lines(COUNT));
}

#[test]
fn import_and_export_accept_file_names() {
    let folder = folder();
    fs::write(folder.path().join("in.ndjson"), lines(COUNT)).unwrap();
    let database = ["--database-url", "sqlite://a.db"];

    let imported = run(folder.path(), &[&["import", "in.ndjson"], &database[..]].concat());
    let exported = run(folder.path(), &[&["export", "out.ndjson"], &database[..]].concat());

    assert!(imported.status.success() && exported.status.success());
    assert_eq!(imported.stderr, exported.stderr, "the same count and hash");
    assert_eq!(fs::read_to_string(folder.path().join("out.ndjson")).unwrap(), lines(COUNT));
    let second = run(folder.path(), &[&["export", "out.ndjson"], &database[..]].concat());
    assert!(!second.status.success(), "an existing file is not overwritten");
}

#[test]
fn a_file_with_invalid_lines_imports_nothing_and_every_invalid_line_is_reported() {
    let folder = folder();
    let input = [&line(0), "{", &line(1), &line(0), "", "[]"].join("\n");

    let output = import(folder.path(), "sqlite://a.db", &input, &[]);

    assert!(!output.status.success());
    let message = text(&output.stderr);
    let lines_with_number: Vec<_> =
        message.lines().filter_map(|line| line.split_once(": ")).collect();
    for (end, index) in ["line 4", "line 6"].iter().zip([1, 2]) {
        assert!(lines_with_number[index].0.ends_with(end), "{message}");
    }
    assert!(
        message.contains("line 2: ") && message.contains("is already used on an earlier line"),
        "{message}"
    );
    assert!(message.ends_with("nothing was imported\n"), "{message}");
    assert_eq!(export(folder.path(), "sqlite://a.db"), "");
}

#[test]
fn an_import_into_a_store_with_posts_requires_resume_and_skips_existing_posts() {
    let folder = folder();
    import(folder.path(), "sqlite://a.db", &lines(100), &[]);

    let refused = import(folder.path(), "sqlite://a.db", &lines(COUNT), &[]);
    assert!(text(&refused.stderr).contains("already has 100 posts"));

    let other = line(1).replace("Title", "Other");
    let refused = import(folder.path(), "sqlite://a.db", &other, &["--resume"]);
    assert!(text(&refused.stderr).contains("line 1: id: the target has a different post"));

    let resumed = import(folder.path(), "sqlite://a.db", &lines(COUNT), &["--resume"]);
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert_eq!(export(folder.path(), "sqlite://a.db"), lines(COUNT));
}

#[test]
fn a_transfer_copies_every_post_and_refuses_a_target_with_posts() {
    let folder = folder();
    import(folder.path(), "sqlite://a.db", &lines(COUNT), &[]);

    let transferred = transfer(folder.path(), "sqlite://a.db", "sqlite://b.db", &[]);
    assert!(transferred.status.success(), "{}", text(&transferred.stderr));
    assert_eq!(export(folder.path(), "sqlite://b.db"), lines(COUNT));

    let refused = transfer(folder.path(), "sqlite://a.db", "sqlite://b.db", &[]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("continue an interrupted run with --resume"));
}

#[test]
fn a_missing_source_is_refused_and_not_created() {
    let folder = folder();

    for arguments in [
        &["export", "--database-url", "sqlite://typo.db", "out.ndjson"][..],
        &["transfer", "--from", "sqlite://typo.db", "--to", "sqlite://b.db"],
        &["transfer", "--from", "memory:", "--to", "sqlite://b.db"],
    ] {
        let refused = run(folder.path(), arguments);

        assert!(!refused.status.success());
        assert!(text(&refused.stderr).contains("the database does not exist"));
        assert_eq!(file_names(folder.path()), [""; 0]);
    }
}

#[test]
fn a_transfer_from_a_database_to_itself_is_refused() {
    let folder = folder();
    import(folder.path(), "sqlite://a.db", &lines(3), &[]);

    let refused = transfer(folder.path(), "sqlite://a.db", "sqlite://./a.db", &["--resume"]);

    assert!(text(&refused.stderr).contains("source and target are the same database"));
}

/// Returns the current number of posts in a database.
fn count(file: &Path) -> usize {
    let Ok(mut db) = SqliteConnection::establish(file.to_str().unwrap()) else { return 0 };
    let count = select(sql::<BigInt>("(SELECT count(*) FROM posts)")).get_result::<i64>(&mut db);
    // The table may not exist yet, or it may be locked.
    count.map_or(0, |count| count.try_into().unwrap())
}

#[test]
fn a_killed_transfer_can_be_resumed() {
    let folder = folder();
    import(folder.path(), "sqlite://a.db", &lines(LARGE_COUNT), &[]);
    let urls = ["--from", "sqlite://a.db", "--to", "sqlite://b.db", "--resume"];
    let target = folder.path().join("b.db");
    for min_copied in [1, LARGE_COUNT / 3, LARGE_COUNT * 2 / 3] {
        let mut command = command(folder.path(), &[&["transfer"], &urls[..]].concat());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        while !target.exists() || count(&target) < min_copied {
            assert_eq!(
                child.try_wait().unwrap(),
                None,
                "the transfer ended before the test could kill it"
            );
            thread::sleep(POLL_INTERVAL);
        }

        child.kill().unwrap();

        assert!(!child.wait().unwrap().success());
        assert!(count(&target) < LARGE_COUNT);
    }

    let output = run(folder.path(), &[&["transfer"], &urls[..]].concat());

    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(export(folder.path(), "sqlite://b.db"), lines(LARGE_COUNT));
}

#[tokio::test]
async fn imported_posts_are_served() {
    let folder = folder();
    import(folder.path(), "sqlite://blog.db", &lines(3), &[]);

    let program = Program::start(folder.path());

    let listed = Client::new().get(&program.api).send().await.unwrap().text().await.unwrap();
    assert_eq!(listed, format!("[{},{},{}]", json(2), json(1), json(0)));
}
