//! A directed graph of files, and its cycles.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
};

/// For each file: the files that it imports, each with one of the paths that cause the import.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    imports: BTreeMap<&'a str, BTreeMap<&'a str, String>>,
}

/// Files that all import each other, directly or transitively.
#[derive(Debug, PartialEq, Eq)]
pub struct Cycle {
    /// All files of the cycle, sorted.
    pub files: Vec<String>,
    /// The shortest cycle among these files. Each step is a file and the path by which it imports
    /// the next file.
    pub steps: Vec<(String, String)>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files import each other: {}", self.files.len(), self.files.join(", "))?;
        write!(f, "\n  the shortest cycle: ")?;
        for (file, path) in &self.steps {
            write!(f, "{file} --{path}--> ")?;
        }
        write!(f, "{}", self.steps[0].0)
    }
}

impl<'a> Graph<'a> {
    pub(super) fn add(&mut self, from: &'a str, to: &'a str, path: &str) {
        if from != to {
            let imports = self.imports.entry(from).or_default();
            imports.entry(to).or_insert_with(|| path.to_owned());
        }
    }

    pub(super) fn cycles(&self) -> Vec<Cycle> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.imports.keys().map(|file| (*file, self.reached_from(file))).collect();
        let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|all| all.contains(to));
        let mut cycles: BTreeMap<Vec<&str>, Cycle> = BTreeMap::new();
        for file in self.imports.keys().filter(|file| reaches(file, file)) {
            let files = self.imports.keys().copied();
            let files: Vec<&str> =
                files.filter(|other| reaches(file, other) && reaches(other, file)).collect();
            let steps = self.shortest_cycle(file);
            let owned = files.iter().map(|file| (*file).to_owned()).collect();
            let cycle = cycles.entry(files).or_insert(Cycle { files: owned, steps: steps.clone() });
            if steps.len() < cycle.steps.len() {
                cycle.steps = steps;
            }
        }
        cycles.into_values().collect()
    }

    fn imports_of(&self, file: &str) -> impl Iterator<Item = (&'a str, &str)> {
        let imports = self.imports.get(file).into_iter().flatten();
        imports.map(|(to, path)| (*to, path.as_str()))
    }

    /// Every file that `start` imports, directly or transitively.
    fn reached_from(&self, start: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.imports_of(start).map(|(to, _)| to).collect();
        while let Some(file) = open.pop() {
            if reached.insert(file) {
                open.extend(self.imports_of(file).map(|(to, _)| to));
            }
        }
        reached
    }

    /// The shortest cycle through `start`, which must be on a cycle.
    fn shortest_cycle(&self, start: &str) -> Vec<(String, String)> {
        let mut steps: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        let mut open = VecDeque::from([(start, Vec::new())]);
        while let Some((file, so_far)) = open.pop_front() {
            for (to, path) in self.imports_of(file) {
                if !steps.contains_key(to) {
                    let mut extended = so_far.clone();
                    extended.push((file.to_owned(), path.to_owned()));
                    steps.insert(to, extended.clone());
                    open.push_back((to, extended));
                }
            }
        }
        steps.remove(start).unwrap()
    }
}
