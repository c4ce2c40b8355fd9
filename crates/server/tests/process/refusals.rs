use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
    process::Stdio,
};

use crate::program::{command, folder, names_in};

/// Starts the program, which must not start, and gives the one line that says why.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    refusal_with(folder, arguments, &[])
}

/// As [`refusal`], with variables in the environment.
fn refusal_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = command(folder, arguments);
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();

    // Nothing, when it ends; where its API is, when it starts all the same.
    let mut first_line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first_line).unwrap();
    if !first_line.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();

    assert_eq!(first_line, "", "{arguments:?} {variables:?} started");
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

fn refusal_of_database(folder: &Path, url: &str) -> String {
    refusal(folder, &["--listen", "127.0.0.1:0", "--database-url", url])
}

#[test]
fn an_address_that_is_taken() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let said = refusal(folder.path(), &["--listen", &address]);

    let expected = format!("blog-api: cannot listen on {address}: Address already in use");
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn an_address_that_is_none() {
    let folder = folder();

    let said = refusal(folder.path(), &["--listen", "nonsense"]);

    assert!(said.starts_with("blog-api: cannot listen on nonsense: "), "{said}");
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn an_origin_that_is_none() {
    let folder = folder();

    let said = refusal(folder.path(), &["--cors-origin", "https://blog.example/"]);

    assert_eq!(
        said,
        "blog-api: cannot use the CORS origin: not an origin: \"https://blog.example/\"; \
         one is written like https://blog.example: small letters, no usual port, no slash at its end\n"
    );
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn a_log_filter_that_has_no_such_level() {
    let folder = folder();
    for (filter, part) in [
        ("verbose", "verbose"),
        ("info,http_actix=verbose", "http_actix=verbose"),
        ("info,", ""),
        ("", ""),
        ("=info", "=info"),
        ("http_actix", "http_actix"),
    ] {
        let said = refusal(folder.path(), &["--listen", "127.0.0.1:0", "--log", filter]);

        let expected = format!(
            "blog-api: cannot use the log filter: {part:?} is neither a level nor MODULE=LEVEL; \
             levels are off, error, warn, info, debug and trace\n"
        );
        assert_eq!(said, expected, "{filter}");
    }
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn a_body_limit_that_no_post_fits_in() {
    let folder = folder();
    for limit in ["0", "1023"] {
        let said = refusal(folder.path(), &["--listen", "127.0.0.1:0", "--body-limit", limit]);

        let expected = format!(
            "blog-api: cannot use the body limit {limit}: it must be at least 1024 bytes\n"
        );
        assert_eq!(said, expected);
    }
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn a_variable_of_the_environment_that_no_option_reads() {
    let folder = folder();
    let known = "known are BLOG_BODY_LIMIT, BLOG_CORS_ORIGIN, BLOG_LISTEN, BLOG_LOG, \
                 BLOG_REQUIRE_IF_MATCH, DATABASE_URL";
    for (name, hint) in [
        ("BLOG_LISEN", "did you mean BLOG_LISTEN?"),
        ("BLOG_CORS_ORIGINS", "did you mean BLOG_CORS_ORIGIN?"),
        ("BLOG_BODYLIMIT", "did you mean BLOG_BODY_LIMIT?"),
        ("BLOG_DATABASE_URL", "did you mean DATABASE_URL?"),
        ("BLOG_X", known),
        ("BLOG_PORT", known),
    ] {
        for arguments in [&["--listen", "127.0.0.1:0"][..], &["export"]] {
            let said = refusal_with(folder.path(), arguments, &[(name, "8080")]);

            let expected =
                format!("blog-api: no option reads the environment variable {name}: {hint}\n");
            assert_eq!(said, expected);
        }
    }
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn a_kind_of_database_that_is_not_known() {
    let folder = folder();

    let said = refusal_of_database(folder.path(), "mysql://root:secret@localhost/blog");

    assert_eq!(
        said,
        "blog-api: cannot use the database URL: its scheme is not known; \
         known are sqlite://PATH, postgres://USER@HOST/DATABASE and memory:\n"
    );
}

#[test]
fn a_folder_that_does_not_exist() {
    let folder = folder();

    let said = refusal_of_database(folder.path(), "sqlite://missing/blog.db");

    assert!(said.ends_with("missing/blog.db: its folder does not exist\n"), "{said}");
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written_to() {
    // Nobody can make a file here, not even root.
    let said = refusal_of_database(folder().path(), "sqlite:///proc/blog.db");

    assert_eq!(
        said,
        "blog-api: cannot open the database file /proc/blog.db: unable to open database file\n"
    );
}

#[test]
fn a_folder_in_place_of_a_file() {
    let folder = folder();

    let said = refusal_of_database(folder.path(), "sqlite://.");

    assert!(said.ends_with(": it is a folder\n"), "{said}");
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn a_file_that_is_no_database() {
    let folder = folder();
    let text = "Dear database, you are not one. ".repeat(100);
    fs::write(folder.path().join("letter.txt"), &text).unwrap();

    let said = refusal_of_database(folder.path(), "sqlite://letter.txt");

    assert!(said.ends_with("letter.txt: file is not a database\n"), "{said}");
    assert_eq!(names_in(folder.path()), ["letter.txt"]);
    assert_eq!(fs::read_to_string(folder.path().join("letter.txt")).unwrap(), text);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_is_no_file() {
    let folder = folder();

    let said = refusal_of_database(folder.path(), "sqlite:///dev/null");

    assert!(said.ends_with("/dev/null: it is not a regular file\n"), "{said}");
    assert!(!Path::new("/dev/null-journal").exists());
}
