use std::{fs, path::Path};

use acceptance::{
    imports::{Files, cycles},
    workspace::{Package, Target, packages},
};
use libtest_mimic::{Failed, Trial};

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    packages().into_iter().map(|package| {
        let name = format!("imports::no_import_cycle_between_the_files_of_{}", package.name);
        Trial::test(name, move || no_cycle_in(&package))
    })
}

fn no_cycle_in(package: &Package) -> Result<(), Failed> {
    let cycles: Vec<String> = package.targets.iter().flat_map(cycles_of).collect();
    if cycles.is_empty() { Ok(()) } else { Err(cycles.join("\n").into()) }
}

fn cycles_of(target: &Target) -> Vec<String> {
    let folder = target.root.parent().unwrap();
    let mut files = Files::new();
    read_folder(folder, "", &mut files);
    let root = target.root.file_name().unwrap().to_str().unwrap();
    let cycles = cycles(&files, root);
    cycles.iter().map(|cycle| format!("{} {}: {cycle}", target.kind, target.name)).collect()
}

/// Reads every Rust file in a folder and its subfolders into `files`.
fn read_folder(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}
