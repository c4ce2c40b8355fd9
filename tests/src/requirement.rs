//! Programs that some tests need and that may not be installed.

use std::{env, path::PathBuf};

/// Returns the path of an installed program with one of these names, or `None`.
///
/// Searches the folders in the order of `PATH`, and in each folder the names in the given order.
pub fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut candidates =
        env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    candidates.find(|candidate| candidate.is_file())
}
