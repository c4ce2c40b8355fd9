//! Runs the program under test in a temporary folder and kills it at the end of the test.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long to wait between two checks of a condition.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Creates a command that runs the program in `folder`. The program gets no `DATABASE_URL`, and no
/// `BLOG_` variable except `BLOG_LOG`.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blog-api"));
    let variables = env::vars_os().map(|(name, _)| name);
    for name in variables.filter(|name| name.to_string_lossy().starts_with("BLOG_")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .env("BLOG_LOG", "warn")
        .stdin(Stdio::null());
    command
}

/// Runs the program until it exits.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// A running server.
pub(crate) struct Program {
    child: Child,
    /// The URL of the API that the program prints.
    pub(crate) api: String,
    /// The URL of the documentation that the program prints.
    pub(crate) docs: String,
}

impl Program {
    /// Starts the program on a free port and waits until it prints its URLs.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::spawn(command(folder, &["--listen", "127.0.0.1:0"]))
    }

    /// Starts the program with `command` and waits until it prints its URLs.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = |name: &str| {
            let line = lines.next().expect("the program prints its URLs").unwrap();
            line.strip_prefix(name).expect(&line).trim().to_owned()
        };
        let (api, docs) = (printed("API:"), printed("Docs:"));
        Self { child, api, docs }
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(&self) {
        self.signal("-KILL");
    }

    /// Sends SIGTERM and returns the program's exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.wait().unwrap().code()
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    pub(crate) async fn create_post(&self, client: &Client, title: &str) -> reqwest::Result<Value> {
        let body = json!({ "title": title, "content": "Some content" });
        client.post(&self.api).json(&body).send().await?.error_for_status()?.json().await
    }

    pub(crate) async fn list_posts(&self) -> Vec<Value> {
        reqwest::get(&self.api).await.unwrap().json().await.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Creates a temporary folder.
pub(crate) fn folder() -> TempDir {
    TempDir::new().unwrap()
}

/// Returns the sorted names of the files in a folder.
pub(crate) fn file_names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
