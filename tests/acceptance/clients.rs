use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use acceptance::{Adapter, TestApp, in_system, requirement};
use actix_web::rt::task::spawn_blocking;
use domain::{KeyName, KeyScope};
use http_actix::{AuthMode, CorsOrigins, Options, RateLimit};
use libtest_mimic::{Completion, Failed, Trial};
use server::Adapters;
use storage_contract::Missing;

/// The origin of a front end on a local development server.
const ORIGIN: &str = "http://localhost:5173";

pub(crate) fn trials() -> [Trial; 6] {
    [
        trial("clients::typescript", || npm_test("typescript")),
        trial("clients::hey_api", || npm_test("hey-api")),
        trial("clients::orval", || npm_test("orval")),
        trial("clients::python", python_test),
        trial("clients::progenitor", progenitor_test),
        trial("clients::react_admin", || npm_test("react-admin")),
    ]
}

fn trial(name: &str, tests: fn() -> Result<Command, Missing>) -> Trial {
    Trial::ignorable_test(name, move || match tests() {
        Ok(tests) => every_test_passes(tests),
        Err(missing) => missing.completion(),
    })
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

fn npm_test(name: &str) -> Result<Command, Missing> {
    let [node, npm] = ["node", "npm"].map(|program| requirement::program(&[program]));
    match (node, npm, folder(name).join("node_modules").is_dir()) {
        (Some(_), Some(npm), true) => {
            let mut tests = Command::new(npm);
            tests.arg("test").env("npm_config_update_notifier", "false").current_dir(folder(name));
            Ok(tests)
        }
        _ => Err(Missing(format!("node and npm, and `npm ci --prefix tests/clients/{name}`"))),
    }
}

fn python_test() -> Result<Command, Missing> {
    let python = folder("python").join(".venv/bin/python");
    if python.is_file() {
        let mut tests = Command::new(python);
        tests.arg("run.py").current_dir(folder("python"));
        Ok(tests)
    } else {
        let text = "Python, and `cd tests/clients/python && python3 -m venv .venv && \
                    .venv/bin/pip install -r requirements.txt`";
        Err(Missing(text.to_owned()))
    }
}

/// The client is a package outside the workspace, with dependencies of its own.
fn progenitor_test() -> Result<Command, Missing> {
    let cargo = |subcommand: &str| {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args([subcommand, "--locked", "--offline"]).current_dir(folder("progenitor"));
        command
    };
    let is_fetched = cargo("fetch").output().is_ok_and(|output| output.status.success());
    if is_fetched {
        let mut tests = cargo("test");
        tests.arg("--target-dir").arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("progenitor"));
        Ok(tests)
    } else {
        let manifest = "tests/clients/progenitor/Cargo.toml";
        Err(Missing(format!("`cargo fetch --locked --manifest-path {manifest}`")))
    }
}

/// Runs a client's tests against a new server, on which every request needs an API key.
fn every_test_passes(mut tests: Command) -> Result<Completion, Failed> {
    in_system(async move || {
        let (store, _resources) = Adapter::Sqlite.open().unwrap();
        let adapters = Adapters::of(store);
        let name = KeyName::new("client").unwrap();
        let key = adapters.key_service().create(name, KeyScope::Write, None).await.unwrap();
        let options = Options {
            cors: CorsOrigins::parse([ORIGIN]).unwrap(),
            auth: AuthMode::All,
            rate_limit: RateLimit { per_second: None },
            ..Options::default()
        };
        let app = TestApp::start_with_adapters(&adapters, options);
        tests.env("BLOG_URL", &app.url).env("BLOG_KEY", key.reveal()).env("BLOG_ORIGIN", ORIGIN);

        let output = spawn_blocking(move || tests.output()).await.unwrap()?;

        let printed = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&printed));
        Ok(Completion::Completed)
    })
}
