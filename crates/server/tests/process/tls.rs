use crate::program::folder;

#[test]
#[cfg(not(feature = "tls"))]
fn a_url_that_asks_for_tls_is_refused_by_a_build_without() {
    let url = "postgres://user:secret@localhost/blog?sslmode=require";

    let output =
        crate::program::run(folder().path(), &["--listen", "127.0.0.1:0", "--database-url", url]);

    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("SSL support is not compiled in"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

#[tokio::test]
#[cfg(feature = "tls")]
async fn a_build_with_tls_reaches_a_server_by_it() {
    use crate::program::{Program, command};

    let postgres = storage_diesel::testing::TestPostgres::create().unwrap();
    let url = format!("{}&sslmode=require", postgres.url());
    let folder = folder();

    let program = Program::spawn(command(
        folder.path(),
        &["--listen", "127.0.0.1:0", "--database-url", &url],
    ));

    let post = program.create_post(&reqwest::Client::new(), "A title").await.unwrap();
    assert_eq!(program.list_posts().await, [post]);
}
