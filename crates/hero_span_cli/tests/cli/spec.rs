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
    assert_snapshot!(said(&[OPTIONAL], &[]), @"
    compatible  span_log.code: An optional field was added  [field-added]
      + code count optional
      compatible both ways: Old SDKs do not send it and need not; old collectors ignore fields that they do not know (consumer.unknown-field).

    nothing breaks that was not meant; it takes a new revision, and the heading says v1
    exit code 0
    ");
}

#[test]
fn a_renamed_field_breaks_both_ways_with_two_witnesses() {
    assert_snapshot!(said(&[RENAMED], &[]), @r#"
    breaking    span_log.level: A field was renamed that collectors do without  [field-renamed]
      level level optional → urgency level optional
      old SDK → new collector: lost
        {"level":"info","message":"","seq":0,"span_id":"aaaaaaaaaaaaaaaa","ts_ms":0,"type":"span_log"}
          the old emit schema: may be sent
          this program's emit reading: may be sent
          the new accept schema: taken
          the new contract: taken
          the new collector's reading: nothing in `level`, where "info" was sent
      new SDK → old collector: lost
        {"message":"","seq":0,"span_id":"aaaaaaaaaaaaaaaa","ts_ms":0,"type":"span_log","urgency":"info"}
          the new emit schema: may be sent
          the old accept schema: taken
          the old contract: taken
          this program's parser: taken
          the old collector's reading: nothing in `urgency`, where "info" was sent
      Each side ignores the name that it does not know, so what is said in the field arrives nowhere, and no line is rejected to tell of it.
      instead: Keep the name, or add the new one beside it as optional and send both.

    1 finding breaks; it takes a new protocol number, and the heading says v1
    exit code 1
    "#);
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
    assert_snapshot!(headings.collect::<Vec<_>>().join("\n"), @"
    breaking    env.parent: An environment variable was renamed  [variable-renamed]
    breaking    type.time: A number counts another unit  [unit-changed]
    strict      limit.value: A limit of what SDKs send was lowered  [limit-lowered]
    ");
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
    assert_snapshot!(stale.stdout.lines().rev().take(2).collect::<Vec<_>>().join("\n"), @"
    1 approval that nothing matches; it takes a new protocol number, and the heading says v1
    stale       field-renamed span_log.message: approved, but nothing matches it; remove the entry
    ");
    let without = approve(&APPROVAL.replace("Nobody has sent it yet.", " "));
    assert_eq!(without.code, Some(2));
    assert_snapshot!(without.stderr, @"hero-span: approved.toml: expected [[approved]] tables with rule, place and reason, found no reason for field-renamed at span_log.level: say why it is meant");
    let twice = approve(&format!("{APPROVAL}\n{APPROVAL}"));
    assert_snapshot!(twice.stderr, @"hero-span: approved.toml: expected [[approved]] tables with rule, place and reason, found field-renamed at span_log.level twice: leave one");
}

#[test]
fn a_review_gets_a_table_and_what_shows_each_break() {
    assert_snapshot!(said(&[OPTIONAL, RENAMED], &["--format", "markdown"]), @r#"
    ### Contract v1 → v1: 1 finding breaks; it takes a new protocol number, and the heading says v1

    | Severity | Where | What | Old SDK → new collector | New SDK → old collector | Rule |
    |---|---|---|---|---|---|
    | breaking | `span_log.level` | A field was renamed that collectors do without | lost | lost | field-renamed |
    | compatible | `span_log.code` | An optional field was added | fine | ignored | field-added |

    #### span_log.level: A field was renamed that collectors do without

    `level level optional → urgency level optional`

    Each side ignores the name that it does not know, so what is said in the field arrives nowhere, and no line is rejected to tell of it. Keep the name, or add the new one beside it as optional and send both.

    old SDK → new collector: **lost**

    ```json
    {"level":"info","message":"","seq":0,"span_id":"aaaaaaaaaaaaaaaa","ts_ms":0,"type":"span_log"}
    ```

    - the old emit schema: may be sent
    - this program's emit reading: may be sent
    - the new accept schema: taken
    - the new contract: taken
    - the new collector's reading: nothing in `level`, where "info" was sent

    new SDK → old collector: **lost**

    ```json
    {"message":"","seq":0,"span_id":"aaaaaaaaaaaaaaaa","ts_ms":0,"type":"span_log","urgency":"info"}
    ```

    - the new emit schema: may be sent
    - the old accept schema: taken
    - the old contract: taken
    - this program's parser: taken
    - the old collector's reading: nothing in `urgency`, where "info" was sent
    exit code 1
    "#);
}

#[test]
fn a_workflow_gets_annotations() {
    assert_snapshot!(said(&[OPTIONAL, RENAMED], &["--format", "github"]), @"
    ::error file=new.txt,title=field-renamed::span_log.level: A field was renamed that collectors do without (level level optional → urgency level optional). old SDK → new collector: lost; new SDK → old collector: lost. Each side ignores the name that it does not know, so what is said in the field arrives nowhere, and no line is rejected to tell of it.
    ::notice file=new.txt,title=field-added::span_log.code: An optional field was added (+ code count optional). old SDK → new collector: fine; new SDK → old collector: ignored. Old SDKs do not send it and need not; old collectors ignore fields that they do not know (consumer.unknown-field).
    1 finding breaks; it takes a new protocol number, and the heading says v1
    exit code 1
    ");
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
    assert_snapshot!(asked("a.json", "{\"protocol\": 1}"), @"hero-span: a.json: expected a contract as JSON (the contract.json of a version), found missing field `sections` at line 1 column 15");
    assert_snapshot!(asked("a.py", "import os\n"), @r#"hero-span: a.py:1: expected a raw docstring, `r"""`, found `import os`"#);
    let json = include_str!("../../../../spec/v1/contract.json");
    let pattern = json.replace("^[0-9a-f]{16}$", "^[0-9a-f{16}$");
    assert_snapshot!(asked("b.json", &pattern), @"hero-span: b.json: type.id: expected a regular expression, found `^[0-9a-f{16}$`");
    let type_name = json.replacen("\"type\": \"level\"", "\"type\": \"volume\"", 1);
    assert_snapshot!(asked("c.json", &type_name), @"hero-span: c.json: expected every type and limit to be declared, found no `volume`");
    let done = run(hero_span()
        .current_dir(&directory)
        .args(["spec", "diff", "v1", "v9"]));
    assert_snapshot!(done.stderr, @"hero-span: v9: expected a contract: a version (v1), a directory with a contract.json, or a file, found: No such file or directory (os error 2)");
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
