//! A headless Chromium, controlled through chromedriver.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::requirement;

/// A running browser, its driver and its temporary profile.
pub struct Browser {
    pub page: Client,
    driver: Child,
    /// The URL of the driver.
    url: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser. Returns `None` if Chromium or chromedriver is not installed.
    pub async fn start() -> Option<Self> {
        let driver = requirement::program(&["chromedriver"])?;
        let browser = requirement::program(&["chromium", "chromium-browser", "google-chrome"])?;
        let (driver, url) = start_driver(&driver);
        let profile = TempDir::new().unwrap();
        let capabilities = json!({
            "goog:chromeOptions": {
                "binary": browser,
                "args": [
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--no-first-run",
                    "--window-size=1200,2000",
                    format!("--user-data-dir={}", profile.path().display()),
                ],
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let page = builder.connect(&url).await.expect("the browser starts");
        Some(Self { page, driver, url, _profile: profile })
    }

    /// Returns the errors that the console has logged since the last call: uncaught exceptions,
    /// violations of the content security policy, and failed requests.
    pub async fn console_errors(&self) -> Vec<String> {
        let session = self.page.session_id().await.unwrap().expect("the session has an id");
        // WebDriver has no command for the log of the console. This command is chromedriver's own.
        let log = reqwest::Client::new()
            .post(format!("{}/session/{session}/se/log", self.url))
            .json(&json!({ "type": "browser" }));
        let log: Value = log.send().await.unwrap().json().await.unwrap();
        let entries = log["value"].as_array().expect("the driver returns the log");
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Closes the browser and ends the driver.
    pub async fn close(mut self) {
        self.page.clone().close().await.unwrap();
        self.end_driver();
    }

    fn end_driver(&mut self) {
        // Errors are ignored: the driver may have ended already.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.end_driver();
    }
}

/// Starts the driver on a free port and returns it with its URL.
fn start_driver(program: &Path) -> (Child, String) {
    let mut driver = Command::new(program).arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines
        .map(Result::unwrap)
        .find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        })
        .expect("the driver prints its port");
    (driver, format!("http://127.0.0.1:{port}"))
}
