//! Finds import cycles between the files of a crate.
//!
//! File A imports file B when A mentions an item that B defines. A can mention it in a `use` or in
//! a path such as `crate::b::Item` or `b::item()`. Re-exports are followed: an import leads to the
//! file that defines the item, not to the `mod.rs` that re-exports it. Three things do not count as
//! imports: `mod b;`, a re-export of an item of a child module (`pub use b::Item`), and a path that
//! ends at a module.
//!
//! Tests (`#[cfg(test)]` items and modules named `tests`) may import anything.
//!
//! Calls of methods and uses of trait implementations are not detected, because no path names them.

mod graph;
mod resolve;
mod source;
#[cfg(test)]
mod tests;

pub use self::{graph::Cycle, source::Files};
use self::{graph::Graph, source::Source};

/// The import cycles between the files of a crate. `root` is the path of the crate's root file.
pub fn cycles(files: &Files, root: &str) -> Vec<Cycle> {
    let source = Source::read(files, root);
    let mut graph = Graph::default();
    for (module, path) in source.imports() {
        for definer in source.definers(module, path) {
            if !source.is_reexport_of(module, path, definer) {
                graph.add(source.file(module), source.file(definer), &path.to_string());
            }
        }
    }
    graph.cycles()
}
