//! Finds import cycles: files of a crate that need each other.
//!
//! File A imports file B when A names an item that B defines: in a `use`, or in a path such as
//! `crate::b::Item` or `b::item()`. Re-exports are followed, so an import leads to the file that
//! defines the item and not to the `mod.rs` that passes it on. Three things are no imports: `mod b;`,
//! a re-export of an item below the module (`pub use b::Item`), and a module named without an item.
//! Tests (`#[cfg(test)]` items and modules named `tests`) may import anything.
//!
//! Out of sight are methods and trait implementations: they are used without being named.

mod graph;
mod resolve;
mod source;
#[cfg(test)]
mod tests;

pub use self::{graph::Cycle, source::Files};
use self::{graph::Graph, source::Source};

/// The import cycles among the files of a crate whose root is the file `root`, none when there are
/// none.
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
