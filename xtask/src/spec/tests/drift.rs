//! Whatever does not agree with the docstring is found, named, and mended.

use std::fs;

use insta::assert_snapshot;

use super::super::{CONTRACT_DIR, SDK_PATH, check_tree, generate};
use super::{changed, clean, found, real};

const GENERATED_RUST: &str = "crates/hero_span_protocol/src/contract/generated.rs";

#[test]
fn nothing_in_the_repository_has_drifted() {
    assert_eq!(found(&real()), "", "to mend it, run: cargo xtask spec");
}

#[test]
fn a_field_renamed_in_the_docstring_is_named_in_every_generated_file() {
    let said = changed(SDK_PATH, "    error_type  name", "    error_kind  name");
    for path in [
        "contract.json",
        "emit.schema.json",
        "accept.schema.json",
        "PROTOCOL.md",
    ] {
        let section = said
            .split("(found)")
            .find(|diff| diff.contains(&format!("{path} (expected)")));
        let section = section.unwrap_or_else(|| panic!("no diff of {path} in:\n{said}"));
        assert!(
            section.contains("error_type") && section.contains("error_kind"),
            "{section}"
        );
    }
    assert!(said.contains("to mend it, run: cargo xtask spec"), "{said}");
    assert!(
        said.contains("spec/example.jsonl:4: expected a field of `span_end`, found `error_type`"),
        "{said}"
    );
    assert!(
        said.contains("expected an example of the field `span_end.error_kind`, found none"),
        "{said}"
    );
}

#[test]
fn a_clause_changed_in_the_docstring_changes_the_rust_constants() {
    let said = changed(SDK_PATH, "[rule.end-once]", "[rule.ends-once]");
    assert!(
        said.contains("-        Self::RuleEndOnce,\n+        Self::RuleEndsOnce,"),
        "{said}"
    );
}

#[test]
fn a_generated_file_that_was_edited_is_shown_as_a_diff() {
    let said = changed("spec/v1/contract.json", "\"value\": 250", "\"value\": 251");
    let (head, diff) = said.split_once("@@").unwrap();
    assert_snapshot!(head, @"
    spec/v1/contract.json: differs from what is generated; to mend it, run: cargo xtask spec
    --- spec/v1/contract.json (found)
    +++ spec/v1/contract.json (expected)
    ");
    let lines = diff.lines().filter(|line| line.starts_with(['-', '+']));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    -      "value": 251
    +      "value": 250
    "#);
}

#[test]
fn what_is_written_by_hand_in_the_document_is_not_drift() {
    assert_snapshot!(changed("spec/PROTOCOL.md", "## A whole stream", "## A stream"), @"");
}

#[test]
fn a_missing_file_and_one_too_many_are_named() {
    let mut tree = clean();
    tree.remove("spec/v1/accept.schema.json");
    tree.remove(GENERATED_RUST);
    tree.set("spec/v1/old.schema.json", "{}");
    tree.set("spec/v1/more/emit.schema.json", "{}");
    tree.set(&format!("{CONTRACT_DIR}/clause.rs"), "");
    tree.set("spec/VERSIONING.md", "by hand");
    assert_snapshot!(found(&tree), @"
    spec/v1/accept.schema.json: expected a generated file, found none; to mend it, run: cargo xtask spec
    crates/hero_span_protocol/src/contract/generated.rs: expected a generated file, found none; to mend it, run: cargo xtask spec
    crates/hero_span_protocol/src/contract/clause.rs: expected generated files only, found one that `cargo xtask spec` does not write; to mend it, delete or move it
    spec/v1/more/emit.schema.json: expected generated files only, found one that `cargo xtask spec` does not write; to mend it, delete or move it
    spec/v1/old.schema.json: expected generated files only, found one that `cargo xtask spec` does not write; to mend it, delete or move it
    ");
}

#[test]
fn what_cannot_be_generated_from_is_an_error() {
    let mut tree = clean();
    tree.remove("spec/PROTOCOL.md");
    assert_snapshot!(found(&tree),
        @"spec/PROTOCOL.md:1: expected a file written by hand, found none: restore it with git");
    tree.remove(SDK_PATH);
    assert_snapshot!(found(&tree),
        @"sdk/python/hero_tracing.py:1: expected a file written by hand, found none: restore it with git");
}

/// A copy on the disk of what the generator reads and writes.
fn copy() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (path, text) in clean().files() {
        let absolute = copy.path().join(path);
        fs::create_dir_all(absolute.parent().unwrap()).unwrap();
        fs::write(absolute, text).unwrap();
    }
    copy
}

#[test]
fn generating_mends_what_the_check_finds() {
    let copy = copy();
    assert!(check_tree(copy.path()).unwrap().is_empty());
    fs::remove_dir_all(copy.path().join("spec/v1")).unwrap();
    fs::remove_file(copy.path().join(GENERATED_RUST)).unwrap();
    let document = copy.path().join("spec/PROTOCOL.md");
    let edited = fs::read_to_string(&document).unwrap().replace("32768", "1");
    fs::write(&document, edited).unwrap();
    assert_eq!(check_tree(copy.path()).unwrap().len(), 6);

    assert!(generate(copy.path()).unwrap().is_empty());
    assert!(check_tree(copy.path()).unwrap().is_empty());
}

#[test]
fn generating_deletes_nothing_that_it_did_not_write() {
    let copy = copy();
    let extra = copy.path().join("spec/v1/notes.md");
    fs::write(&extra, "mine").unwrap();
    assert_eq!(generate(copy.path()).unwrap().len(), 1);
    assert_eq!(fs::read_to_string(extra).unwrap(), "mine");
}
