use std::collections::BTreeSet;

use acceptance::workspace::{Package, cargo, packages};
use libtest_mimic::{Failed, Trial};

/// The `[dependencies]` that each crate may have, including optional ones.
///
/// Each dependency is on a line of its own, so that a diff shows every new one.
const ALLOWED: [(&str, &[&str]); 7] = [
    (
        "domain",
        &[
            "async-trait",
            "base16ct",
            "chrono",
            "garde",
            "hmac",
            "mockall", // only for the feature `mock`
            "sha2",
            "subtle",
            "thiserror",
            "unicode-normalization",
            "uuid",
        ],
    ),
    (
        "http-actix",
        &[
            "actix-http",
            "actix-web",
            "base64",
            "chrono",
            "domain",
            "flate2",
            "form_urlencoded",
            "futures-util",
            "governor",
            "http",
            "httparse",
            "ipnet",
            "json-patch",
            "paperclip",
            "quick_cache",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "tokio",
            "tracing",
            "uuid",
        ],
    ),
    (
        "storage-diesel",
        &[
            "async-trait",
            "backon",
            "crossbeam-channel",
            "diesel",
            "diesel_migrations",
            "domain",
            "libsqlite3-sys",
            "pq-sys",
            "r2d2",
            "rustix",
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
            "async-trait",
            "chrono",
            "clap",
            "domain",
            "futures-core",
            "getrandom",
            "http",
            "http-actix",
            "http-body",
            "httparse",
            "hyper",
            "hyper-util",
            "indicatif",
            "memchr",
            "rustix",
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
            "tracing-appender",
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
            "memchr",
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

/// Prefixes of package names that a crate must not depend on, directly or transitively.
const FORBIDDEN: [(&str, &[&str]); 4] = [
    ("domain", &["actix", "diesel", "paperclip", "serde_json", "tokio"]),
    ("http-actix", &["diesel", "libsqlite3", "pq-sys", "r2d2", "storage-"]),
    ("storage-diesel", &["actix", "http-", "paperclip"]),
    ("storage-memory", &["actix", "diesel", "http-", "paperclip"]),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("dependencies::every_dependency_of_every_crate_is_listed", || {
            fail_on_any(differences(&packages(), &ALLOWED))
        }),
        Trial::test("dependencies::an_unlisted_dependency_is_reported", || {
            an_unlisted_dependency_is_reported();
            Ok(())
        }),
        Trial::test("dependencies::a_transitive_dependency_is_reported", || {
            assert_ne!(forbidden_dependencies("http-actix", &["actix-web"]), [""; 0]);
            Ok(())
        }),
    ];
    trials.extend(FORBIDDEN.map(|(name, forbidden)| {
        let trial = format!("dependencies::{name}_depends_on_none_of_{}", forbidden.join("_"));
        Trial::test(trial, move || fail_on_any(forbidden_dependencies(name, forbidden)))
    }));
    trials
}

fn fail_on_any(problems: Vec<String>) -> Result<(), Failed> {
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// Dependencies that are in a manifest but not in `allowed`, and the reverse.
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
        format!(
            "{name} depends on {dependency}, which tests/acceptance/dependencies.rs does not allow"
        )
    });
    let not_used = listed.difference(&actual).map(|(name, dependency)| {
        format!(
            "{name} does not depend on {dependency}: remove it from tests/acceptance/dependencies.rs"
        )
    });
    not_listed.chain(not_used).collect()
}

/// The direct and transitive dependencies of the crate `name` whose names start with one of
/// `forbidden`.
fn forbidden_dependencies(name: &str, forbidden: &[&str]) -> Vec<String> {
    let arguments =
        ["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none", "-p", name];
    let tree = cargo(&arguments);
    let found =
        tree.lines().skip(1).filter(|line| forbidden.iter().any(|each| line.starts_with(each)));
    found.map(|line| format!("{name} depends on {line}")).collect()
}

fn an_unlisted_dependency_is_reported() {
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
