use std::{fs, path::Path};

use acceptance::{Adapter, TestApp, console, in_system, requirement};
use actix_web::rt::task::spawn_blocking;
use libtest_mimic::{Completion, Failed, Trial};
use storage_contract::Missing;

/// The documents with commands, and how many requests there are at least in each.
const DOCUMENTS: [(&str, &str, usize); 2] =
    [("readme", "README.md", 5), ("api", "docs/API.md", 15)];

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    DOCUMENTS.into_iter().map(|(name, path, requests)| {
        let name = format!("{name}::every_command_prints_what_is_shown");
        Trial::ignorable_test(name, move || {
            if requirement::program(&["curl"]).is_none() {
                return Missing("curl".to_owned()).completion();
            }
            every_command_prints_what_is_shown(path, requests)
        })
    })
}

fn every_command_prints_what_is_shown(path: &str, requests: usize) -> Result<Completion, Failed> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let steps = console::steps(&fs::read_to_string(document)?);
    let with_curl = steps.iter().filter(|step| step.command.starts_with("curl")).count();
    assert!(with_curl >= requests, "{path} has {with_curl} requests");

    in_system(async move || {
        let app = TestApp::start(Adapter::Sqlite).unwrap();
        let host = app.url.trim_start_matches("http://").to_owned();
        let tour = move || console::assert_prints_what_is_shown(&steps, &host);
        spawn_blocking(tour).await.unwrap();
    });
    Ok(Completion::Completed)
}
