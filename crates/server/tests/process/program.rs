//! The program under test: started in a folder of its own, ended with its test.

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

/// How long to wait before asking again whether something has happened.
pub(crate) const POLL: Duration = Duration::from_millis(5);

/// The program, ready to be started in `folder` with nothing set but what `arguments` say.
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

/// Runs the program to its end, which is expected to come soon.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// A program that serves.
pub(crate) struct Program {
    child: Child,
    /// Where it says its API is.
    pub(crate) api: String,
    /// Where it says its documentation is.
    pub(crate) docs: String,
}

impl Program {
    /// Starts the program at a free port and waits until it says where.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::spawn(command(folder, &["--listen", "127.0.0.1:0"]))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = |name: &str| {
            let line = lines.next().expect("the program says where it is").unwrap();
            line.strip_prefix(name).expect(&line).trim().to_owned()
        };
        let (api, docs) = (said("API:"), said("Docs:"));
        Self { child, api, docs }
    }

    /// SIGKILL: the program has no say in it.
    pub(crate) fn kill(&self) {
        self.signal("-KILL");
    }

    /// SIGTERM, and the program's exit code.
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
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn folder() -> TempDir {
    TempDir::new().unwrap()
}

/// The names of what is in a folder.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
