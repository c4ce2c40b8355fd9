//! The packages of this workspace, as `cargo metadata` lists them.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// A package of the workspace.
#[derive(Debug)]
pub struct Package {
    pub name: String,
    /// The packages in `[dependencies]` of its manifest, sorted.
    pub dependencies: Vec<String>,
    pub targets: Vec<Target>,
}

/// A crate that a package compiles to, such as a library or a test.
#[derive(Debug)]
pub struct Target {
    pub name: String,
    /// `lib`, `bin`, `test` and so on.
    pub kind: String,
    /// The path of the root file.
    pub root: PathBuf,
}

/// Every package of the workspace.
pub fn packages() -> Vec<Package> {
    let arguments = ["metadata", "--format-version=1", "--no-deps", "--locked", "--offline"];
    let metadata: Value = serde_json::from_str(&cargo(&arguments)).unwrap();
    list(&metadata, "packages").iter().map(package).collect()
}

/// Runs cargo in the workspace and returns its standard output.
///
/// # Panics
///
/// Panics if cargo fails, with its standard error as the message.
pub fn cargo(arguments: &[&str]) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(cargo).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn package(package: &Value) -> Package {
    let normal = list(package, "dependencies").iter().filter(|each| each["kind"].is_null());
    let mut dependencies: Vec<String> = normal.map(|each| text(each, "name")).collect();
    dependencies.sort();
    Package {
        name: text(package, "name"),
        dependencies,
        targets: list(package, "targets").iter().map(target).collect(),
    }
}

fn target(target: &Value) -> Target {
    Target {
        name: text(target, "name"),
        kind: list(target, "kind")[0].as_str().unwrap().to_owned(),
        root: text(target, "src_path").into(),
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}
