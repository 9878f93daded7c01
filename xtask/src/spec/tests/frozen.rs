//! What was released stays as it is.

use insta::assert_snapshot;

use super::super::frozen::{PATH, Released};
use super::super::tree::Tree;
use super::super::{SDK_PATH, plan};
use super::{clean, found, real};

/// A tree whose present version is released.
fn released() -> Tree {
    let mut tree = clean();
    let lock = Released::default().with(&tree, "v1");
    tree.set(PATH, &lock.to_file().unwrap());
    tree
}

fn edit(tree: &mut Tree, path: &str, from: &str, to: &str) {
    let text = tree.get(path).unwrap().to_owned();
    assert!(text.contains(from), "{from:?} is not in {path}");
    tree.set(path, &text.replacen(from, to, 1));
}

/// The docstring's heading with other numbers.
fn head(tree: &mut Tree, numbers: &str) {
    let heading = format!("Wire contract, protocol {numbers}");
    let underline = "=".repeat(heading.len());
    let old = "Wire contract, protocol 1\n=========================\n";
    edit(tree, SDK_PATH, old, &format!("{heading}\n{underline}\n"));
}

#[test]
fn a_released_tree_has_no_problem() {
    assert_snapshot!(found(&released()), @"");
}

#[test]
fn the_repository_has_released_its_first_version() {
    let lock = Released::read(&real()).unwrap();
    assert!(lock.holds("spec/v1/contract.json"));
    assert!(lock.newest().is_some());
}

#[test]
fn an_edit_under_a_released_version_is_named() {
    let mut tree = released();
    edit(
        &mut tree,
        "spec/v1/emit.schema.json",
        "\"maxLength\": 4096",
        "\"maxLength\": 8192",
    );
    tree.remove("spec/v1/contract.txt");
    tree.set("spec/v1/notes.md", "more");
    assert_snapshot!(found(&tree), @"
    spec/v1/notes.md: expected generated files only, found one that `cargo xtask spec` does not write; to mend it, delete or move it
    spec/v1/contract.txt: expected the file as it was released, found none: it is frozen (spec/released.json); to mend it, run: git checkout spec/v1/contract.txt
    spec/v1/emit.schema.json: expected the file as it was released, found another: it is frozen (spec/released.json); to mend it, run: git checkout spec/v1/emit.schema.json
    ");
}

#[test]
fn a_change_of_a_released_contract_asks_for_another_version() {
    let mut tree = released();
    edit(
        &mut tree,
        SDK_PATH,
        "level    level    optional",
        "urgency  level    optional",
    );
    let said = found(&tree);
    assert_snapshot!(said.lines().find(|line| line.starts_with(SDK_PATH)).unwrap(), @"sdk/python/hero_tracing.py: expected the contract of v1, which is released, found another: see what the change breaks (cargo xtask spec diff), raise the heading to `Wire contract, protocol 1.1` (to `Wire contract, protocol 2` if it breaks something), then run: cargo xtask spec");
}

#[test]
fn a_revision_is_written_beside_what_was_released() {
    let mut tree = released();
    head(&mut tree, "1.1");
    let said = found(&tree);
    let missing: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("found none"))
        .collect();
    assert_snapshot!(missing.join("\n"), @"
    spec/v1.1/contract.json: expected a generated file, found none; to mend it, run: cargo xtask spec
    spec/v1.1/contract.txt: expected a generated file, found none; to mend it, run: cargo xtask spec
    spec/v1.1/emit.schema.json: expected a generated file, found none; to mend it, run: cargo xtask spec
    spec/v1.1/accept.schema.json: expected a generated file, found none; to mend it, run: cargo xtask spec
    ");
    for file in plan(&tree).unwrap().files {
        assert!(!file.path.starts_with("spec/v1/"), "{}", file.path);
        tree.set(&file.path, &file.content);
    }
    assert_snapshot!(found(&tree), @"");
}

#[test]
fn the_newest_version_is_the_highest_not_the_last_by_name() {
    let lock = ["v1", "v1.10", "v1.9"]
        .into_iter()
        .fold(Released::default(), |lock, version| {
            lock.with(&clean(), version)
        });
    assert_eq!(lock.newest(), Some("v1.10"));
}

#[test]
fn a_lock_that_is_none_is_an_error() {
    let mut tree = released();
    tree.set(PATH, "{\"versions\": 7}");
    assert_snapshot!(found(&tree), @"spec/released.json:1: expected the versions that were released, with the hashes of their files, found invalid type: integer `7`, expected a map at line 1 column 14");
}
