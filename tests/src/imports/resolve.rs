//! Resolves a path to the module that defines its item.

use std::collections::BTreeSet;

use super::source::{Meaning, ModulePath, Path, Source};

impl Source {
    /// The modules that define the item that `path` in `module` refers to.
    ///
    /// Empty for an item of another crate and for a path to a module.
    pub(super) fn definers(&self, module: &[String], path: &Path) -> BTreeSet<&ModulePath> {
        let found = self.resolve(module, &path.segments, &mut Vec::new()).into_iter();
        let definer = |found| match found {
            Found::Item(definer) => Some(definer),
            Found::Module(_) => None,
        };
        found.filter_map(definer).collect()
    }

    /// Whether `path` re-exports an item of a descendant of `module`.
    pub(super) fn is_reexport_of(
        &self,
        module: &[String],
        path: &Path,
        definer: &[String],
    ) -> bool {
        path.is_reexport && definer.len() > module.len() && definer.starts_with(module)
    }

    fn resolve(&self, module: &[String], path: &[String], open: &mut Open) -> BTreeSet<Found<'_>> {
        let mut module = module.to_vec();
        let mut path = path;
        while let Some((first, rest)) = path.split_first() {
            match first.as_str() {
                "crate" => module.clear(),
                "super" => drop(module.pop()),
                "self" => {}
                _ => break,
            }
            path = rest;
        }
        let Some((here, content)) = self.modules.get_key_value(&module) else {
            return BTreeSet::new();
        };
        let Some((name, rest)) = path.split_first() else { return [Found::Module(here)].into() };

        let meanings = content.names.get(name);
        let is_in_module =
            !rest.is_empty() && meanings.is_some_and(|all| all.contains(&Meaning::Module));
        let mut found = BTreeSet::new();
        for meaning in meanings.into_iter().flatten() {
            match meaning {
                // The path continues, so the name refers to the module, not to a function of the
                // same name.
                Meaning::Item if is_in_module => {}
                // The rest of the path is a variant or an associated item.
                Meaning::Item => drop(found.insert(Found::Item(here))),
                Meaning::Module => {
                    let child = [here, std::slice::from_ref(name)].concat();
                    found.extend(self.resolve(&child, rest, open));
                }
                Meaning::Imported(target) => {
                    found.extend(self.follow(here, target, rest, open));
                }
            }
        }
        if found.is_empty() {
            for target in &content.globs {
                found.extend(self.follow(here, target, path, open));
            }
        }
        found
    }

    /// Resolves `rest` inside `target`, a path that `module` imports.
    ///
    /// Returns nothing if this import is already being followed. This ends the recursion for
    /// `use a::a`, where `a` is another crate: the name `a` seems to refer to its own import.
    fn follow(
        &self,
        module: &ModulePath,
        target: &[String],
        rest: &[String],
        open: &mut Open,
    ) -> BTreeSet<Found<'_>> {
        let step = (module.clone(), target.to_vec());
        if open.contains(&step) {
            return BTreeSet::new();
        }
        open.push(step);
        let found = self.resolve(module, &[target, rest].concat(), open);
        open.pop();
        found
    }
}

/// The imports that are being followed: for each, the module that contains it, and its path.
type Open = Vec<(ModulePath, Vec<String>)>;

/// The result of resolving a path.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found<'a> {
    /// An item that this module defines.
    Item(&'a ModulePath),
    Module(&'a ModulePath),
}
