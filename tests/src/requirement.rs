//! Programs that some tests need and not every machine has.

use std::{env, path::PathBuf};

use libtest_mimic::{Completion, Failed};

/// Set where a test that cannot run is a failure, as in CI.
const REQUIRE_ALL: &str = "BLOG_TEST_REQUIRE_ALL";

/// The path of the first of `names` that is installed.
pub fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut candidates =
        env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    candidates.find(|candidate| candidate.is_file())
}

/// What becomes of a test that needs `what`: ignored, with the reason, unless everything is
/// required.
///
/// # Errors
///
/// When everything is required.
pub fn missing(what: &str) -> Result<Completion, Failed> {
    if env::var_os(REQUIRE_ALL).is_some() {
        return Err(format!("{what} is required and not there").into());
    }
    Ok(Completion::ignored_with(format!("there is no {what}")))
}
