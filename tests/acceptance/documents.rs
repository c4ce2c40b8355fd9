use std::{fs, path::Path};

use acceptance::{Adapter, TestApp, console, in_system, requirement};
use actix_web::rt::task::spawn_blocking;
use domain::{KeyName, KeyScope};
use http_actix::{AuthMode, Options};
use libtest_mimic::{Completion, Failed, Trial};
use server::Adapters;
use storage_contract::Missing;

/// The documents with commands: a name for the test, the path, and the minimum number of requests.
const DOCUMENTS: [(&str, &str, usize); 2] =
    [("readme", "README.md", 5), ("api", "docs/API.md", 15)];

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    DOCUMENTS.into_iter().flat_map(|(name, path, minimum_requests)| {
        AuthMode::ALL.into_iter().map(move |auth| {
            let name =
                format!("{name}::every_command_prints_the_documented_output_with_auth_{auth}");
            Trial::ignorable_test(name, move || {
                if requirement::program(&["curl"]).is_none() {
                    return Missing("curl".to_owned()).completion();
                }
                every_command_prints_the_documented_output(path, minimum_requests, auth)
            })
        })
    })
}

fn every_command_prints_the_documented_output(
    path: &str,
    minimum_requests: usize,
    auth: AuthMode,
) -> Result<Completion, Failed> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let steps = console::steps(&fs::read_to_string(document)?);
    let with_curl = steps.iter().filter(|step| step.command.starts_with("curl")).count();
    assert!(with_curl >= minimum_requests, "{path} has only {with_curl} requests");

    in_system(async move || {
        let (store, _resources) = Adapter::Sqlite.open().unwrap();
        let adapters = Adapters::of(store);
        let key = match auth {
            AuthMode::Off => None,
            AuthMode::Writes | AuthMode::All => {
                let name = KeyName::new("reader of the document").unwrap();
                let key = adapters.key_service().create(name, KeyScope::Write, None).await;
                Some(key.unwrap().reveal())
            }
        };
        let app = TestApp::start_with_adapters(&adapters, Options { auth, ..Options::default() });
        let host = app.address().to_owned();
        let run = move || console::assert_prints_documented_output(&steps, &host, key.as_deref());
        spawn_blocking(run).await.unwrap();
    });
    Ok(Completion::Completed)
}
