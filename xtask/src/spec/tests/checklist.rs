//! A change of the contract is not done before each of its steps is.

use insta::assert_snapshot;

use super::super::checklist::{CHANGELOG, TYPES};
use super::super::frozen::{PATH, Released};
use super::super::tree::Tree;
use super::super::{SDK_PATH, plan};
use super::{clean, found};

/// A released tree with a revision whose docstring says something else, generated anew.
fn revised(from: &str, to: &str) -> Tree {
    let mut tree = clean();
    let lock = Released::default().with(&tree, "v1");
    tree.set(PATH, &lock.to_file().unwrap());
    let heading = |numbers: &str| {
        let heading = format!("Wire contract, protocol {numbers}");
        let underline = "=".repeat(heading.len());
        format!("{heading}\n{underline}\n")
    };
    edit(&mut tree, SDK_PATH, &heading("1"), &heading("1.1"));
    edit(&mut tree, SDK_PATH, from, to);
    generate(&mut tree);
    tree
}

fn generate(tree: &mut Tree) {
    for file in plan(tree).unwrap().files {
        tree.set(&file.path, &file.content);
    }
}

fn edit(tree: &mut Tree, path: &str, from: &str, to: &str) {
    let text = tree.get(path).unwrap().to_owned();
    assert!(text.contains(from), "{from:?} is not in {path}");
    tree.set(path, &text.replacen(from, to, 1));
}

const FIELDS: &str = "    fields   members  optional  Data that goes with the message.\n";

#[test]
fn a_new_field_asks_for_one_step_after_another() {
    let more = format!("{FIELDS}    hue      count    optional  A colour for it.\n");
    let mut tree = revised(FIELDS, &more);
    assert_snapshot!(found(&tree), @"
    spec/example.jsonl: expected an example of the field `span_log.hue`, found none
    crates/hero_span_protocol/src/event.rs: expected a field of the event's struct with `pub hue:`, found none: add it
    sdk/python/hero_tracing.py: expected the SDK to send `hue`, found it nowhere in the code: send it, with a test
    conformance/cases: expected a case or a vector with `hue`, found none: add one, and see it fail first
    CHANGELOG.md: expected a line for users with `hue`, found none: add it
    ");
    let example = "spec/example.jsonl";
    edit(&mut tree, example, "\"message\":", "\"hue\":7,\"message\":");
    generate(&mut tree);
    edit(
        &mut tree,
        TYPES,
        "pub struct SpanLog",
        "pub hue: u64,\npub struct SpanLog",
    );
    edit(
        &mut tree,
        SDK_PATH,
        "_PROTOCOL = 1",
        "_HUE = \"hue\"\n_PROTOCOL = 1",
    );
    edit(
        &mut tree,
        CHANGELOG,
        "## Unreleased\n",
        "## Unreleased\n\n- Logs have a `hue`.\n",
    );
    assert_snapshot!(found(&tree), @"conformance/cases: expected a case or a vector with `hue`, found none: add one, and see it fail first");
    tree.set("conformance/cases/event.span_log.hue.json", "{\"hue\": 7}");
    assert_snapshot!(found(&tree), @"");
}

#[test]
fn a_limit_asks_for_the_constant_and_a_line_for_users() {
    assert_snapshot!(found(&revised("WAIT_MS = 250", "WAIT_MS = 200")), @r#"
    CHANGELOG.md: expected a line for users with `WAIT_MS`, found none: add it
    sdk/python/hero_tracing.py:448: expected `_WAIT_MS = 200` as limit.wait says in line 210, found `_WAIT_MS = 250`: mend the code or the docstring
    "#);
}

#[test]
fn what_goes_is_told_to_users() {
    let gone = "    error_type  name    optional  The exception's type.\n";
    let said = found(&revised(gone, ""));
    let lines = said.lines().filter(|line| line.starts_with(CHANGELOG));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"CHANGELOG.md: expected a line for users with `error_type`, found none: add it");
}
