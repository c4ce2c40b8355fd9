use std::{fs, net::TcpListener, path::Path};

use crate::program::{folder, names_in, run};

/// Starts the program, which must not start, and gives the one line that says why.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);

    assert!(!output.status.success(), "{arguments:?} started");
    assert_eq!(output.stdout, b"");
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
