use std::collections::BTreeSet;

use acceptance::workspace::{Package, cargo, packages};
use libtest_mimic::{Failed, Trial};

/// What each crate may depend on, in its manifest's order: `[dependencies]`, optional ones included.
/// A dependency stands on a line of its own, so that adding one is a decision that shows.
const ALLOWED: [(&str, &[&str]); 7] = [
    (
        "domain",
        &[
            "async-trait",
            "chrono",
            "garde",
            "mockall", // only for the feature `mock`
            "sha2",
            "thiserror",
            "unicode-normalization",
            "uuid",
        ],
    ),
    (
        "http-actix",
        &[
            "actix-web",
            "base64",
            "chrono",
            "domain",
            "flate2",
            "form_urlencoded",
            "futures-util",
            "json-patch",
            "paperclip",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "tracing",
            "uuid",
        ],
    ),
    (
        "storage-diesel",
        &[
            "async-trait",
            "backon",
            "diesel",
            "diesel_migrations",
            "domain",
            "libsqlite3-sys",
            "pq-sys",
            "r2d2",
            "thiserror",
            "tokio",
            "tracing",
            "unicode-normalization",
            "uuid",
        ],
    ),
    (
        "storage-memory",
        &[
            "async-trait", //
            "domain",
        ],
    ),
    (
        "storage-contract",
        &[
            "domain", //
            "futures",
            "libtest-mimic",
            "proptest",
            "tokio",
            "uuid",
        ],
    ),
    (
        "server",
        &[
            "actix-http",
            "actix-server",
            "actix-service",
            "actix-web",
            "chrono",
            "clap",
            "domain",
            "http-actix",
            "indicatif",
            "serde",
            "serde_json",
            "sha2",
            "storage-diesel",
            "storage-memory",
            "strsim",
            "tempfile",
            "thiserror",
            "tokio",
            "tracing",
            "tracing-subscriber",
            "uuid",
        ],
    ),
    (
        "acceptance",
        &[
            "actix-web",
            "async-trait",
            "diesel",
            "domain",
            "fantoccini",
            "flate2",
            "futures",
            "http-actix",
            "hyper-util",
            "libtest-mimic",
            "proc-macro2",
            "reqwest",
            "serde_json",
            "server",
            "storage-contract",
            "storage-diesel",
            "syn",
            "tempfile",
            "tokio",
            "uuid",
        ],
    ),
];

/// What a crate may not even depend on through others: the beginnings of names of packages.
const FORBIDDEN: [(&str, &[&str]); 4] = [
    ("domain", &["actix", "diesel", "paperclip", "serde_json", "tokio"]),
    ("http-actix", &["diesel", "libsqlite3", "pq-sys", "r2d2", "storage-"]),
    ("storage-diesel", &["actix", "http-", "paperclip"]),
    ("storage-memory", &["actix", "diesel", "http-", "paperclip"]),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("hexagon::every_dependency_of_every_crate_is_listed", || {
            fails_with(differences(&packages(), &ALLOWED))
        }),
        Trial::test("hexagon::a_dependency_that_is_not_listed_is_found", || {
            a_dependency_that_is_not_listed_is_found();
            Ok(())
        }),
        Trial::test("hexagon::a_dependency_through_others_is_found", || {
            assert_ne!(dependencies_through_others("http-actix", &["actix-web"]), [""; 0]);
            Ok(())
        }),
    ];
    trials.extend(FORBIDDEN.map(|(name, forbidden)| {
        let trial = format!("hexagon::{name}_depends_on_none_of_{}", forbidden.join("_"));
        Trial::test(trial, move || fails_with(dependencies_through_others(name, forbidden)))
    }));
    trials
}

fn fails_with(problems: Vec<String>) -> Result<(), Failed> {
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// What is in a manifest and not in the list, and the other way round.
fn differences(packages: &[Package], allowed: &[(&str, &[&str])]) -> Vec<String> {
    let actual: BTreeSet<(&str, &str)> = packages
        .iter()
        .flat_map(|package| {
            let dependencies = package.dependencies.iter();
            dependencies.map(|dependency| (package.name.as_str(), dependency.as_str()))
        })
        .collect();
    let listed: BTreeSet<(&str, &str)> = allowed
        .iter()
        .flat_map(|(name, dependencies)| dependencies.iter().map(|each| (*name, *each)))
        .collect();
    let not_listed = actual.difference(&listed).map(|(name, dependency)| {
        format!("{name} depends on {dependency}, which tests/acceptance/hexagon.rs does not allow")
    });
    let not_used = listed.difference(&actual).map(|(name, dependency)| {
        format!(
            "{name} does not depend on {dependency}: remove it from tests/acceptance/hexagon.rs"
        )
    });
    not_listed.chain(not_used).collect()
}

/// The packages with names that begin like one of `forbidden` in what a program that uses the crate
/// `name` is built from.
fn dependencies_through_others(name: &str, forbidden: &[&str]) -> Vec<String> {
    let arguments =
        ["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none", "-p", name];
    let tree = cargo(&arguments);
    let found =
        tree.lines().skip(1).filter(|line| forbidden.iter().any(|each| line.starts_with(each)));
    found.map(|line| format!("{name} depends on {line}")).collect()
}

fn a_dependency_that_is_not_listed_is_found() {
    let package = |name: &str, dependencies: &[&str]| Package {
        name: name.to_owned(),
        dependencies: dependencies.iter().map(|each| (*each).to_owned()).collect(),
        targets: Vec::new(),
    };
    let allowed: [(&str, &[&str]); 2] = [("a", &["x", "y"]), ("b", &[])];

    assert_eq!(differences(&[package("a", &["x", "y"]), package("b", &[])], &allowed), [""; 0]);
    for packages in [
        [package("a", &["x", "y", "z"]), package("b", &[])],
        [package("a", &["x", "y"]), package("b", &["x"])],
        [package("a", &["x"]), package("b", &[])],
        [package("a", &["x", "y"]), package("new", &["x"])],
    ] {
        assert_eq!(differences(&packages, &allowed).len(), 1, "{packages:?}");
    }
}
