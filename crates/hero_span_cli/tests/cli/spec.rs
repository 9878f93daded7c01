//! `hero-span spec`.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::common::{Finished, hero_span, run};

const CONTRACT: &str = include_str!("../../../../spec/v1/contract.txt");

const OPTIONAL: (&str, &str) = (
    "    fields   members  optional  Data that goes with the message.\n",
    "    fields   members  optional  Data that goes with the message.\n    code     count    optional  A number for it.\n",
);
const RENAMED: (&str, &str) = (
    "    level    level    optional",
    "    urgency  level    optional",
);

/// A directory with the released contract and the one after an edit.
fn contracts(edits: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let new = edits.iter().fold(CONTRACT.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "not there: {from:?}");
        text.replace(from, to)
    });
    fs::write(directory.path().join("new.txt"), new).expect("written");
    directory
}

fn diff(directory: &Path, args: &[&str]) -> Finished {
    run(hero_span()
        .current_dir(directory)
        .args(["spec", "diff", "v1", "new.txt"])
        .args(args))
}

/// What is said of an edit, and the exit code.
fn said(edits: &[(&str, &str)], args: &[&str]) -> String {
    let done = diff(contracts(edits).path(), args);
    format!(
        "{}{}exit code {}",
        done.stdout,
        done.stderr,
        done.code.expect("no signal")
    )
}

#[test]
fn an_optional_field_is_compatible_and_said_so_in_a_line() {
    assert_snapshot!(said(&[OPTIONAL], &[]), @"");
}

#[test]
fn a_renamed_field_breaks_both_ways_with_two_witnesses() {
    assert_snapshot!(said(&[RENAMED], &[]), @"");
}

#[test]
fn what_no_schema_sees_is_found() {
    let edits = [
        ("VALUE_BYTES = 4096", "VALUE_BYTES = 2048"),
        ("unit ms", "unit s"),
        ("HERO_FLOW_PARENT_SPAN", "HERO_PARENT_SPAN"),
    ];
    let done = diff(contracts(&edits).path(), &[]);
    let headings = done.stdout.lines().filter(|line| line.ends_with(']'));
    assert_snapshot!(headings.collect::<Vec<_>>().join("\n"), @"");
    assert_eq!(done.code, Some(1));
}

#[test]
fn a_new_protocol_number_announces_what_breaks() {
    let number = (
        "Wire contract, protocol 1\n=========================",
        "Wire contract, protocol 2\n=========================",
    );
    let done = diff(contracts(&[RENAMED, number]).path(), &[]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    assert_eq!(
        done.stdout.lines().last(),
        Some("nothing breaks that was not meant")
    );
}

const APPROVAL: &str = "[[approved]]
rule = \"field-renamed\"
place = \"span_log.level\"
reason = \"Nobody has sent it yet.\"
";

#[test]
fn what_is_approved_stops_nothing_and_an_entry_that_matches_nothing_does() {
    let directory = contracts(&[RENAMED]);
    let approve = |list: &str| {
        fs::write(directory.path().join("approved.toml"), list).expect("written");
        diff(directory.path(), &["--approved", "approved.toml"])
    };
    assert_eq!(approve(APPROVAL).code, Some(0));
    let more = APPROVAL.replace("span_log.level", "span_log.message");
    let stale = approve(&format!("{APPROVAL}\n{more}"));
    assert_eq!(stale.code, Some(4));
    assert_snapshot!(stale.stdout.lines().rev().take(2).collect::<Vec<_>>().join("\n"), @"");
    let without = approve(&APPROVAL.replace("Nobody has sent it yet.", " "));
    assert_eq!(without.code, Some(2));
    assert_snapshot!(without.stderr, @"");
    let twice = approve(&format!("{APPROVAL}\n{APPROVAL}"));
    assert_snapshot!(twice.stderr, @"");
}

#[test]
fn a_review_gets_a_table_and_what_shows_each_break() {
    assert_snapshot!(said(&[OPTIONAL, RENAMED], &["--format", "markdown"]), @"");
}

#[test]
fn a_workflow_gets_annotations() {
    assert_snapshot!(said(&[OPTIONAL, RENAMED], &["--format", "github"]), @"");
}

#[test]
fn a_program_gets_json() {
    let done = diff(contracts(&[RENAMED]).path(), &["--json"]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "field-renamed");
    assert_eq!(finding["severity"], "breaking");
    assert_eq!(report["demands"], "protocol");
    assert_eq!(report["raised"], "none");
    for outcome in finding["outcomes"].as_array().expect("two") {
        assert_eq!(outcome["effect"], "lost");
        assert_eq!(outcome["witness"]["lines"][0]["type"], "span_log");
    }
}

#[test]
fn contracts_come_as_versions_files_directories_and_sdks() {
    let directory = contracts(&[]);
    let at = |name: &str| directory.path().join(name);
    fs::create_dir(at("v7")).expect("made");
    let json = include_str!("../../../../spec/v1/contract.json");
    fs::write(at("v7/contract.json"), json).expect("written");
    fs::write(
        at("sdk.py"),
        format!("r\"\"\"An SDK.\n\n{CONTRACT}\"\"\"\n"),
    )
    .expect("written");
    for name in ["v1", "v7", "v7/contract.json", "sdk.py", "new.txt"] {
        let done = run(hero_span()
            .current_dir(&directory)
            .args(["spec", "diff", name, "v1"]));
        assert_eq!(
            done.stdout, "the contracts say the same\n",
            "{name}: {}",
            done.stderr
        );
    }
}

#[test]
fn what_is_no_contract_is_named() {
    let directory = contracts(&[]);
    let asked = |name: &str, text: &str| {
        fs::write(directory.path().join(name), text).expect("written");
        let done = run(hero_span()
            .current_dir(&directory)
            .args(["spec", "diff", "v1", name]));
        assert_eq!(done.code, Some(2));
        done.stderr
    };
    assert_snapshot!(asked("a.json", "{\"protocol\": 1}"), @"");
    assert_snapshot!(asked("a.py", "import os\n"), @"");
    let json = include_str!("../../../../spec/v1/contract.json");
    let pattern = json.replace("^[0-9a-f]{16}$", "^[0-9a-f{16}$");
    assert_snapshot!(asked("b.json", &pattern), @"");
    let type_name = json.replacen("\"type\": \"level\"", "\"type\": \"volume\"", 1);
    assert_snapshot!(asked("c.json", &type_name), @"");
    let done = run(hero_span()
        .current_dir(&directory)
        .args(["spec", "diff", "v1", "v9"]));
    assert_snapshot!(done.stderr, @"");
}

#[test]
fn what_a_contract_says_does_not_reach_the_terminal_raw() {
    let evil = (
        "    A span ends at most once.",
        "    A span\u{1b}[2J ends at most \u{202e}once.",
    );
    let done = diff(contracts(&[evil]).path(), &[]);
    assert!(
        !done.stdout.contains(['\u{1b}', '\u{202e}']),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("\\u{1b}[2J"), "{}", done.stdout);
}

#[test]
fn the_rules_are_a_page() {
    let done = run(hero_span().args(["spec", "rules"]));
    assert_eq!(done.stdout, include_str!("../../../../spec/RULES.md"));
}
