//! Rebuilds the crate when a file in `migrations` changes. Cargo does not know which files
//! `embed_migrations!` reads.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
