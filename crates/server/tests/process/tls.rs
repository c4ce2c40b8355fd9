use crate::program::folder;

#[test]
#[cfg(not(feature = "tls"))]
fn a_build_without_tls_refuses_a_url_that_requires_tls() {
    let url = "postgres://user:secret@localhost/blog?sslmode=require";

    let output =
        crate::program::run(folder().path(), &["--listen", "127.0.0.1:0", "--database-url", url]);

    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("SSL support is not compiled in"), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[tokio::test]
#[cfg(feature = "tls")]
async fn a_build_with_tls_connects_to_a_server_with_tls() {
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
