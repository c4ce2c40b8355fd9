use std::{fs, path::Path};

use acceptance::{Adapter, TestApp, console, in_system, requirement};
use actix_web::rt::task::spawn_blocking;
use libtest_mimic::{Completion, Failed, Trial};
use storage_contract::Missing;

/// The documents with commands: a name for the test, the path, and the minimum number of requests.
const DOCUMENTS: [(&str, &str, usize); 2] =
    [("readme", "README.md", 5), ("api", "docs/API.md", 15)];

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    DOCUMENTS.into_iter().map(|(name, path, minimum_requests)| {
        let name = format!("{name}::every_command_prints_the_documented_output");
        Trial::ignorable_test(name, move || {
            if requirement::program(&["curl"]).is_none() {
                return Missing("curl".to_owned()).completion();
            }
            every_command_prints_the_documented_output(path, minimum_requests)
        })
    })
}

fn every_command_prints_the_documented_output(
    path: &str,
    minimum_requests: usize,
) -> Result<Completion, Failed> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let steps = console::steps(&fs::read_to_string(document)?);
    let with_curl = steps.iter().filter(|step| step.command.starts_with("curl")).count();
    assert!(with_curl >= minimum_requests, "{path} has only {with_curl} requests");

    in_system(async move || {
        let app = TestApp::start(Adapter::Sqlite).unwrap();
        let host = app.url.trim_start_matches("http://").to_owned();
        let run = move || console::assert_prints_documented_output(&steps, &host);
        spawn_blocking(run).await.unwrap();
    });
    Ok(Completion::Completed)
}
