//! Builds anew when a migration was added: the compiler does not see what `embed_migrations!`
//! reads.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
