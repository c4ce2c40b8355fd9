use std::{env, path::Path, process::Command};

use libtest_mimic::{Failed, Trial};

pub(crate) fn trials() -> [Trial; 3] {
    [
        Trial::test("hexagon::the_domain_knows_nobody", || {
            does_not_know("domain", &["actix", "diesel", "tokio", "serde_json", "paperclip"])
        }),
        Trial::test("hexagon::http_knows_no_store", || {
            does_not_know("http-actix", &["storage-", "diesel", "r2d2", "libsqlite3"])
        }),
        Trial::test("hexagon::stores_know_no_http", || {
            does_not_know("storage-diesel", &["actix", "paperclip", "http-"])?;
            does_not_know("storage-memory", &["actix", "paperclip", "http-", "diesel"])
        }),
    ]
}

/// Fails when the program that `room` ends up in would pull in a package of one of these names.
fn does_not_know(room: &str, strangers: &[&str]) -> Result<(), Failed> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none", "-p", room])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()?;
    let tree_text = String::from_utf8(tree.stdout)?;
    if !tree.status.success() || !tree_text.starts_with(room) {
        return Err(String::from_utf8_lossy(&tree.stderr).into_owned().into());
    }
    let known: Vec<_> = tree_text
        .lines()
        .filter(|package| strangers.iter().any(|stranger| package.starts_with(stranger)))
        .collect();
    if known.is_empty() { Ok(()) } else { Err(format!("{room} knows {known:?}").into()) }
}
