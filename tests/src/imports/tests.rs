use super::*;

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| (format!("src/{path}"), (*text).to_owned())).collect()
}

/// The files of each cycle, without `src/`.
fn cycles_in(sources: &[(&str, &str)]) -> Vec<Vec<String>> {
    let name = |file: String| file.trim_start_matches("src/").to_owned();
    let cycles = cycles(&files(sources), "src/lib.rs").into_iter();
    cycles.map(|cycle| cycle.files.into_iter().map(name).collect()).collect()
}

#[test]
fn a_crate_without_a_cycle_has_no_result() {
    let sources = [
        ("lib.rs", "mod a; mod b; pub use a::A; use b::B; fn root() -> B { A::new() }"),
        ("a.rs", "use crate::b::{B, helper}; pub struct A; impl A { fn new() { helper() } }"),
        ("b.rs", "pub struct B; pub fn helper() {}"),
    ];

    assert_eq!(cycles_in(&sources), [[""; 0]; 0]);
}

#[test]
fn files_that_import_each_other_are_a_cycle() {
    for (in_a, in_b) in [
        ("use crate::b::B;", "use crate::a::A;"),
        ("use super::b::B;", "use super::{a::{self, A}, x};"),
        ("fn f() -> crate::b::B {}", "fn f() { super::a::A::new() }"),
        ("use crate::b; fn f() { b::B }", "use crate::a::*; fn f(a: A) {}"),
        ("fn f() { println!(\"{}\", crate::b::B) }", "#[test(value = super::a::A)] fn f() {}"),
        ("fn f() { use crate::b::B as C; }", "pub(crate) use crate::a::A;"),
        ("use crate::Renamed;", "use crate::a::A;"),
    ] {
        let (a, b) = (format!("{in_a} pub struct A;"), format!("{in_b} pub struct B;"));
        let sources =
            [("lib.rs", "mod a; mod b; pub use b::B as Renamed;"), ("a.rs", &a), ("b.rs", &b)];

        assert_eq!(cycles_in(&sources), [["a.rs", "b.rs"]], "{in_a} {in_b}");
    }
}

#[test]
fn a_cycle_across_several_folders_is_found() {
    let sources = [
        ("lib.rs", "mod a; mod b; mod other;"),
        ("a.rs", "use crate::b::C; pub struct A;"),
        ("b/mod.rs", "mod c; mod d; pub use c::C; pub use self::d::D;"),
        ("b/c.rs", "use super::D; pub struct C;"),
        ("b/d.rs", "use crate::a::A; pub struct D;"),
        ("other.rs", "use crate::a::A;"),
    ];

    assert_eq!(cycles_in(&sources), [["a.rs", "b/c.rs", "b/d.rs"]]);
}

#[test]
fn the_report_shows_the_shortest_cycle() {
    let sources = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::{b::B, c::C}; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use super::a::A; pub struct C;"),
    ];

    let cycles = cycles(&files(&sources), "src/lib.rs");

    assert_eq!(
        cycles[0].to_string(),
        "3 files import each other: src/a.rs, src/b.rs, src/c.rs\n  the shortest cycle: \
         src/a.rs --crate::c::C--> src/c.rs --super::a::A--> src/a.rs"
    );
}

#[test]
fn a_parent_and_a_child_that_use_each_others_items_are_a_cycle() {
    let sources = [
        ("lib.rs", "mod a;"),
        ("a.rs", "mod child; pub use child::Child; pub struct A(Child);"),
        ("a/child.rs", "use super::A; pub struct Child;"),
    ];

    assert_eq!(cycles_in(&sources), [["a.rs", "a/child.rs"]]);
}

#[test]
fn a_parent_that_only_reexports_items_of_its_children_is_in_no_cycle() {
    let sources = [
        ("lib.rs", "mod a;"),
        (
            "a.rs",
            "mod one; mod two; pub use one::One; pub(crate) use two::*; pub const SHARED: u8 = 1;",
        ),
        ("a/one.rs", "use super::{SHARED, Two}; pub struct One;"),
        ("a/two.rs", "use crate::a::SHARED; pub struct Two;"),
    ];

    assert_eq!(cycles_in(&sources), [[""; 0]; 0]);
}

#[test]
fn a_function_is_not_confused_with_a_module_of_the_same_name() {
    let sources = [
        ("lib.rs", "mod a; mod b; fn a() { b::b() }"),
        ("a.rs", "pub struct A;"),
        ("b.rs", "use crate::a::A; pub fn b() -> A { A }"),
    ];

    assert_eq!(cycles_in(&sources), [[""; 0]; 0]);
}

#[test]
fn modules_in_one_file_are_in_no_cycle() {
    let sources = [(
        "lib.rs",
        "mod a { use super::b::B; pub struct A; } mod b { use crate::a::A; pub struct B; }",
    )];

    assert_eq!(cycles_in(&sources), [[""; 0]; 0]);
}

#[test]
fn tests_may_import_anything() {
    let sources = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A; #[cfg(test)] mod tests;"),
        ("a/tests.rs", "use super::*;"),
        ("b.rs", "pub struct B; #[cfg(test)] mod checks { use crate::a::A; }"),
    ];

    assert_eq!(cycles_in(&sources), [[""; 0]; 0]);
}

#[test]
fn an_item_of_another_crate_is_no_import() {
    let sources = [
        ("lib.rs", "mod a; mod b; pub struct Root;"),
        ("a.rs", "use ::crate_b::B; use b::B; use serde::{a, serde}; use json::*; pub struct A;"),
        ("b.rs", "use crate::a::{A, serde}; pub struct B; fn f(a: A) { a.b; }"),
    ];

    assert_eq!(cycles_in(&sources), [[""; 0]; 0]);
}
