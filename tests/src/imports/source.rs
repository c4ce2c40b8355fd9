//! Reads the modules of a crate: the names in each module, and the paths that the module mentions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path as FilePath,
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Ident, Item, ItemMod, ItemUse, Macro, Meta, UseTree, Visibility,
    visit::{self, Visit},
};

/// The source files of a crate: path and text.
pub type Files = BTreeMap<String, String>;

/// The path of a module from the root of the crate. The path of the root is empty.
pub(super) type ModulePath = Vec<String>;

/// The modules of a crate.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) modules: BTreeMap<ModulePath, Module>,
}

/// A module: its file, names and paths.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) file: String,
    /// The meanings of each name. A function and a module can have the same name.
    pub(super) names: BTreeMap<String, BTreeSet<Meaning>>,
    /// The paths of glob imports (`use path::*`).
    pub(super) globs: BTreeSet<Vec<String>>,
    /// The paths in `use` items and in code.
    pub(super) paths: BTreeSet<Path>,
}

/// What a name means in a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    /// An item that the module defines.
    Item,
    /// A child module.
    Module,
    /// An import of this path.
    Imported(Vec<String>),
}

/// A path that a module mentions.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    /// Whether the path is in a re-export, such as `pub use` or `pub(crate) use`.
    pub(super) is_reexport: bool,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("::"))
    }
}

impl Source {
    pub(super) fn read(files: &Files, root: &str) -> Self {
        let mut reader = Reader {
            files,
            modules: BTreeMap::new(),
            here: Vec::new(),
            file: root.to_owned(),
            folder: folder_of(root),
        };
        reader.read_file();
        Self { modules: reader.modules }
    }

    /// Every path in the crate, with the module that mentions it.
    pub(super) fn imports(&self) -> impl Iterator<Item = (&ModulePath, &Path)> {
        let modules = self.modules.iter();
        modules.flat_map(|(name, module)| module.paths.iter().map(move |path| (name, path)))
    }

    pub(super) fn file(&self, module: &[String]) -> &str {
        &self.modules[module].file
    }
}

/// Reads the modules of a crate, starting at the root.
struct Reader<'a> {
    files: &'a Files,
    modules: BTreeMap<ModulePath, Module>,
    here: ModulePath,
    file: String,
    /// The folder with the files of the child modules.
    folder: String,
}

impl Reader<'_> {
    fn module(&mut self) -> &mut Module {
        self.modules.entry(self.here.clone()).or_default()
    }

    fn read_file(&mut self) {
        let file = self.file.clone();
        self.module().file.clone_from(&file);
        let syntax = syn::parse_file(&self.files[&file]);
        self.visit_file(&syntax.unwrap_or_else(|error| panic!("{file}: {error}")));
    }

    /// Reads the child module `name`, from `content` if it is inline, or else from its file.
    fn read_module(&mut self, name: &str, content: Option<&[Item]>) {
        let folder = join(&self.folder, name);
        let candidates = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
        let file = match content {
            Some(_) => Some(self.file.clone()),
            None => candidates.into_iter().find(|file| self.files.contains_key(file)),
        };
        let Some(file) = file else { return };
        self.define(name, Meaning::Module);

        let outer_file = std::mem::replace(&mut self.file, file);
        let outer_folder = std::mem::replace(&mut self.folder, folder);
        self.here.push(name.to_owned());
        match content {
            Some(items) => {
                let file = self.file.clone();
                self.module().file = file;
                items.iter().for_each(|item| self.visit_item(item));
            }
            None => self.read_file(),
        }
        self.here.pop();
        self.folder = outer_folder;
        self.file = outer_file;
    }

    fn define(&mut self, name: impl ToString, meaning: Meaning) {
        self.module().names.entry(name.to_string()).or_default().insert(meaning);
    }

    fn mention(&mut self, segments: Vec<String>, is_reexport: bool) {
        self.module().paths.insert(Path { segments, is_reexport });
    }

    fn import(&mut self, tree: &UseTree, mut prefix: Vec<String>, is_reexport: bool) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.import(&path.tree, prefix, is_reexport);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, prefix.clone(), is_reexport));
            }
            UseTree::Glob(_) => {
                self.module().globs.insert(prefix.clone());
                self.mention(prefix, is_reexport);
            }
            UseTree::Name(name) => self.import_as(prefix, &name.ident, None, is_reexport),
            UseTree::Rename(rename) => {
                self.import_as(prefix, &rename.ident, Some(&rename.rename), is_reexport);
            }
        }
    }

    fn import_as(
        &mut self,
        mut path: Vec<String>,
        ident: &Ident,
        rename: Option<&Ident>,
        is_reexport: bool,
    ) {
        // `use a::{self}` imports `a`.
        if ident != "self" {
            path.push(ident.to_string());
        }
        let name = rename.map(ToString::to_string).or_else(|| path.last().cloned());
        if let Some(name) = name {
            self.define(name, Meaning::Imported(path.clone()));
        }
        self.mention(path, is_reexport);
    }

    /// Reads the paths in the tokens of a macro or an attribute.
    ///
    /// The grammar of these tokens is unknown, so everything that looks like a path counts.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut before = ' ';
        let mut in_path = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if !in_path {
                        self.end_path(&mut path);
                    }
                    // An identifier after a dot is a field or a method.
                    if in_path || before != '.' {
                        path.push(ident.to_string());
                    }
                    (before, in_path) = (' ', false);
                }
                TokenTree::Punct(punct) => {
                    in_path = before == ':' && punct.as_char() == ':' && !path.is_empty();
                    if !in_path && punct.as_char() != ':' {
                        self.end_path(&mut path);
                    }
                    before = punct.as_char();
                }
                TokenTree::Group(group) => {
                    self.end_path(&mut path);
                    self.read_tokens(group.stream());
                    (before, in_path) = (' ', false);
                }
                TokenTree::Literal(_) => {
                    self.end_path(&mut path);
                    (before, in_path) = (' ', false);
                }
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.mention(std::mem::take(path), false);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = attributes_and_name(item);
        if attributes.iter().any(is_for_tests) {
            return;
        }
        if let Some(name) = name {
            self.define(name, Meaning::Item);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        if name != "tests" {
            let content = item.content.as_ref().map(|(_, items)| items.as_slice());
            self.read_module(&name, content);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            let is_reexport = !matches!(item.vis, Visibility::Inherited);
            self.import(&item.tree, Vec::new(), is_reexport);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string());
            self.mention(segments.collect(), false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.read_tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.read_tokens(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

fn attributes_and_name(item: &Item) -> (&[Attribute], Option<&Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::TraitAlias(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

/// The folder of the root file, where the files of its child modules are.
fn folder_of(root: &str) -> String {
    let folder = FilePath::new(root).parent();
    folder.map(|folder| folder.display().to_string()).unwrap_or_default()
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
