use std::{fs, path::Path};

use acceptance::{Adapter, TestApp, console, requirement};
use actix_web::rt::task::spawn_blocking;
use libtest_mimic::{Completion, Failed, Trial};
use storage_contract::Missing;

use crate::in_system;

pub(crate) fn trials() -> [Trial; 1] {
    [Trial::ignorable_test("readme::every_command_prints_what_is_shown", || {
        if requirement::program(&["curl"]).is_none() {
            return Missing("curl".to_owned()).completion();
        }
        every_command_prints_what_is_shown()
    })]
}

fn every_command_prints_what_is_shown() -> Result<Completion, Failed> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let steps = console::steps(&fs::read_to_string(readme)?);
    let with_curl = steps.iter().filter(|step| step.command.starts_with("curl")).count();
    assert!(with_curl >= 5, "the tour has {with_curl} requests");

    in_system(async move || {
        let app = TestApp::start(Adapter::Sqlite).unwrap();
        let host = app.url.trim_start_matches("http://").to_owned();
        let tour = move || console::assert_prints_what_is_shown(&steps, &host);
        spawn_blocking(tour).await.unwrap();
    });
    Ok(Completion::Completed)
}
