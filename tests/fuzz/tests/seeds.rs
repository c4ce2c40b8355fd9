//! Runs each fuzz target with its seeds.

use std::{fs, path::Path};

/// Calls `target` with each file in `seeds/NAME`.
fn every_seed_passes(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // If the target panics, the test prints the last path.
        println!("{}", path.display());
        target(&fs::read(path).unwrap());
        count += 1;
    }
    assert_ne!(count, 0, "no seeds");
}

#[test]
fn http_requests() {
    every_seed_passes("http_requests", blog_api_fuzz::http_requests);
}

#[test]
fn posts_archive() {
    every_seed_passes("posts_archive", blog_api_fuzz::posts_archive);
}

#[test]
fn search() {
    every_seed_passes("search", blog_api_fuzz::search);
}
