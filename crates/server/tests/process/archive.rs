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

use crate::program::{POLL, Program, command, folder, names_in, run};

const COUNT: usize = 300;

/// Enough that a transfer takes a while.
const KILLED_COUNT: usize = 6_000;

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

/// The same post as the API shows it: its version is in a header.
fn served(n: usize) -> String {
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
fn what_is_imported_is_exported_to_the_byte() {
    let folder = folder();

    let output = import(folder.path(), "sqlite://a.db", &lines(COUNT), &[]);

    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).starts_with("300 posts, content hash "));
    assert_eq!(export(folder.path(), "sqlite://a.db"), lines(COUNT));
}

#[test]
fn files_do_as_well_as_standard_input_and_output() {
    let folder = folder();
    fs::write(folder.path().join("in.ndjson"), lines(COUNT)).unwrap();
    let database = ["--database-url", "sqlite://a.db"];

    let imported = run(folder.path(), &[&["import", "in.ndjson"], &database[..]].concat());
    let exported = run(folder.path(), &[&["export", "out.ndjson"], &database[..]].concat());

    assert!(imported.status.success() && exported.status.success());
    assert_eq!(imported.stderr, exported.stderr, "the same count and hash");
    assert_eq!(fs::read_to_string(folder.path().join("out.ndjson")).unwrap(), lines(COUNT));
    let again = run(folder.path(), &[&["export", "out.ndjson"], &database[..]].concat());
    assert!(!again.status.success(), "a file that exists is not written over");
}

#[test]
fn of_a_file_with_bad_lines_nothing_is_imported_and_each_is_told() {
    let folder = folder();
    let input = [&line(0), "{", &line(1), &line(0), "", "[]"].join("\n");

    let output = import(folder.path(), "sqlite://a.db", &input, &[]);

    assert!(!output.status.success());
    let said = text(&output.stderr);
    let numbers: Vec<_> = said.lines().filter_map(|line| line.split_once(": ")).collect();
    for (place, start) in ["line 4", "line 6"].iter().zip([1, 2]) {
        assert!(numbers[start].0.ends_with(place), "{said}");
    }
    assert!(said.contains("line 2: ") && said.contains("stands on an earlier line"), "{said}");
    assert!(said.ends_with("nothing was imported\n"), "{said}");
    assert_eq!(export(folder.path(), "sqlite://a.db"), "");
}

#[test]
fn a_store_with_posts_is_imported_into_only_when_told_and_nothing_is_there_twice() {
    let folder = folder();
    import(folder.path(), "sqlite://a.db", &lines(100), &[]);

    let refused = import(folder.path(), "sqlite://a.db", &lines(COUNT), &[]);
    assert!(text(&refused.stderr).contains("has 100 posts already"));

    let other = line(1).replace("Title", "Other");
    let refused = import(folder.path(), "sqlite://a.db", &other, &["--resume"]);
    assert!(text(&refused.stderr).contains("line 1: id: the target has another"));

    let resumed = import(folder.path(), "sqlite://a.db", &lines(COUNT), &["--resume"]);
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert_eq!(export(folder.path(), "sqlite://a.db"), lines(COUNT));
}

#[test]
fn a_transfer_moves_everything_and_refuses_a_store_with_posts() {
    let folder = folder();
    import(folder.path(), "sqlite://a.db", &lines(COUNT), &[]);

    let moved = transfer(folder.path(), "sqlite://a.db", "sqlite://b.db", &[]);
    assert!(moved.status.success(), "{}", text(&moved.stderr));
    assert_eq!(export(folder.path(), "sqlite://b.db"), lines(COUNT));

    let refused = transfer(folder.path(), "sqlite://a.db", "sqlite://b.db", &[]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("--resume goes on from there"));
}

#[test]
fn a_store_that_is_not_there_is_no_empty_one() {
    let folder = folder();

    for arguments in [
        &["export", "--database-url", "sqlite://typo.db", "out.ndjson"][..],
        &["transfer", "--from", "sqlite://typo.db", "--to", "sqlite://b.db"],
        &["transfer", "--from", "memory:", "--to", "sqlite://b.db"],
    ] {
        let refused = run(folder.path(), arguments);

        assert!(!refused.status.success());
        assert!(text(&refused.stderr).contains("no such database to take posts from"));
        assert_eq!(names_in(folder.path()), [""; 0]);
    }
}

#[test]
fn posts_do_not_go_to_where_they_come_from() {
    let folder = folder();
    import(folder.path(), "sqlite://a.db", &lines(3), &[]);

    let refused = transfer(folder.path(), "sqlite://a.db", "sqlite://./a.db", &["--resume"]);

    assert!(text(&refused.stderr).contains("from where they are to go"));
}

/// How many posts are in a database so far.
fn count(file: &Path) -> usize {
    let Ok(mut db) = SqliteConnection::establish(file.to_str().unwrap()) else { return 0 };
    let count = select(sql::<BigInt>("(SELECT count(*) FROM posts)")).get_result::<i64>(&mut db);
    // Its tables may not be there yet, or be locked.
    count.map_or(0, |count| count.try_into().unwrap())
}

#[test]
fn a_transfer_that_was_killed_is_gone_on_with() {
    let folder = folder();
    import(folder.path(), "sqlite://a.db", &lines(KILLED_COUNT), &[]);
    let urls = ["--from", "sqlite://a.db", "--to", "sqlite://b.db", "--resume"];
    let target = folder.path().join("b.db");
    for least in [1, KILLED_COUNT / 3, KILLED_COUNT * 2 / 3] {
        let mut command = command(folder.path(), &[&["transfer"], &urls[..]].concat());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        while !target.exists() || count(&target) < least {
            assert_eq!(child.try_wait().unwrap(), None, "it is over before it can be killed");
            thread::sleep(POLL);
        }

        child.kill().unwrap();

        assert!(!child.wait().unwrap().success());
        assert!(count(&target) < KILLED_COUNT);
    }

    let output = run(folder.path(), &[&["transfer"], &urls[..]].concat());

    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(export(folder.path(), "sqlite://b.db"), lines(KILLED_COUNT));
}

#[tokio::test]
async fn what_is_served_is_what_was_imported() {
    let folder = folder();
    import(folder.path(), "sqlite://blog.db", &lines(3), &[]);

    let program = Program::start(folder.path());

    let listed = Client::new().get(&program.api).send().await.unwrap().text().await.unwrap();
    assert_eq!(listed, format!("[{},{},{}]", served(2), served(1), served(0)));
}
