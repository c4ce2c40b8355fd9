use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
    process::Stdio,
};

use crate::program::{command, file_names, folder};

/// Starts the program with an invalid setting and returns the one line that it prints as the
/// reason.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    refusal_with(folder, arguments, &[])
}

/// Like [`refusal`], with environment variables.
fn refusal_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = command(folder, arguments);
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();

    // If the program exits, as it should, this line is empty. If the program starts, this line is
    // the URL of the API.
    let mut first_line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first_line).unwrap();
    if !first_line.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();

    assert_eq!(first_line, "", "{arguments:?} {variables:?} started");
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

/// Returns the reason that the program prints when it refuses a database URL.
fn refusal_of_database(folder: &Path, url: &str) -> String {
    refusal(folder, &["--listen", "127.0.0.1:0", "--database-url", url])
}

#[test]
fn an_address_in_use_is_refused() {
    let folder = folder();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();

    let message = refusal(folder.path(), &["--listen", &address]);

    let expected = format!("blog-api: cannot listen on {address}: Address already in use");
    assert!(message.starts_with(&expected), "{message}");
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
fn an_invalid_address_is_refused() {
    let folder = folder();

    let message = refusal(folder.path(), &["--listen", "nonsense"]);

    assert!(message.starts_with("blog-api: cannot listen on nonsense: "), "{message}");
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
fn an_invalid_cors_origin_is_refused() {
    let folder = folder();

    let message = refusal(folder.path(), &["--cors-origin", "https://blog.example/"]);

    assert_eq!(
        message,
        "blog-api: cannot use the CORS origin: not an origin: \"https://blog.example/\"; \
         write it like https://blog.example: lower case, no default port, no trailing slash\n"
    );
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
fn a_log_filter_with_an_unknown_level_is_refused() {
    let folder = folder();
    for (filter, part) in [
        ("verbose", "verbose"),
        ("info,http_actix=verbose", "http_actix=verbose"),
        ("info,", ""),
        ("", ""),
        ("=info", "=info"),
        ("http_actix", "http_actix"),
    ] {
        let message = refusal(folder.path(), &["--listen", "127.0.0.1:0", "--log", filter]);

        let expected = format!(
            "blog-api: cannot use the log filter: {part:?} is neither a level nor MODULE=LEVEL; \
             levels are off, error, warn, info, debug and trace\n"
        );
        assert_eq!(message, expected, "{filter}");
    }
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
fn a_body_limit_below_the_minimum_is_refused() {
    let folder = folder();
    for limit in ["0", "1023"] {
        let message = refusal(folder.path(), &["--listen", "127.0.0.1:0", "--body-limit", limit]);

        let expected = format!(
            "blog-api: cannot use the body limit {limit}: it must be at least 1024 bytes\n"
        );
        assert_eq!(message, expected);
    }
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
fn an_environment_variable_that_no_option_reads_is_refused() {
    let folder = folder();
    let known = "known variables are BLOG_ALLOW_UNAUTHENTICATED_REMOTE, BLOG_AUTH, BLOG_BODY_LIMIT, \
                 BLOG_CACHE_BYTES, BLOG_CORS_ORIGIN, BLOG_DRAIN, BLOG_LISTEN, BLOG_LOG, \
                 BLOG_PREVIEW_SECRET_FILE, BLOG_RATE_LIMIT, BLOG_REQUIRE_IF_MATCH, \
                 BLOG_TRUSTED_PROXY, DATABASE_URL";
    for (name, hint) in [
        ("BLOG_LISEN", "did you mean BLOG_LISTEN?"),
        ("BLOG_CORS_ORIGINS", "did you mean BLOG_CORS_ORIGIN?"),
        ("BLOG_BODYLIMIT", "did you mean BLOG_BODY_LIMIT?"),
        ("BLOG_DATABASE_URL", "did you mean DATABASE_URL?"),
        ("BLOG_X", known),
        ("BLOG_PORT", known),
    ] {
        for arguments in [&["--listen", "127.0.0.1:0"][..], &["export"]] {
            let message = refusal_with(folder.path(), arguments, &[(name, "8080")]);

            let expected =
                format!("blog-api: no option reads the environment variable {name}: {hint}\n");
            assert_eq!(message, expected);
        }
    }
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
fn a_database_url_with_an_unknown_scheme_is_refused() {
    let folder = folder();

    let message = refusal_of_database(folder.path(), "mysql://root:secret@localhost/blog");

    assert_eq!(
        message,
        "blog-api: cannot use the database URL: its scheme is not known; \
         supported URLs are sqlite://PATH, postgres://USER@HOST/DATABASE and memory:\n"
    );
}

#[test]
fn a_database_in_a_missing_folder_is_refused() {
    let folder = folder();

    let message = refusal_of_database(folder.path(), "sqlite://missing/blog.db");

    assert!(message.ends_with("missing/blog.db: its folder does not exist\n"), "{message}");
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_database_in_a_read_only_folder_is_refused() {
    // No user can create a file in /proc, not even root.
    let message = refusal_of_database(folder().path(), "sqlite:///proc/blog.db");

    assert_eq!(
        message,
        "blog-api: cannot open the database file /proc/blog.db: unable to open database file\n"
    );
}

#[test]
fn a_folder_instead_of_a_database_file_is_refused() {
    let folder = folder();

    let message = refusal_of_database(folder.path(), "sqlite://.");

    assert!(message.ends_with(": it is a folder\n"), "{message}");
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
fn a_file_of_another_format_is_refused_and_left_unchanged() {
    let folder = folder();
    let text = "This text is not a database. ".repeat(100);
    fs::write(folder.path().join("notes.txt"), &text).unwrap();

    let message = refusal_of_database(folder.path(), "sqlite://notes.txt");

    assert!(message.ends_with("notes.txt: file is not a database\n"), "{message}");
    assert_eq!(file_names(folder.path()), ["notes.txt"]);
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).unwrap(), text);
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_file_is_refused() {
    let folder = folder();

    let message = refusal_of_database(folder.path(), "sqlite:///dev/null");

    assert!(message.ends_with("/dev/null: it is not a regular file\n"), "{message}");
    assert!(!Path::new("/dev/null-journal").exists());
}
