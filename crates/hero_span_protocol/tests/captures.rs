//! Broken captures: each has one fault, of the clause in its name, and the
//! checker finds that fault and no other. It finds none in the good ones.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hero_span_protocol::{CheckOptions, Checker, Clause, Report, limit};

/// Fewer would mean that some were lost.
const LEAST: usize = 45;

fn captures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/captures")
        .join(folder);
    let files = fs::read_dir(&folder).expect("the captures");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.sort();
    files
}

fn check(capture: &[u8]) -> Report {
    let mut checker = Checker::new(CheckOptions::default());
    checker.feed(capture);
    checker.finish()
}

fn name(file: &Path) -> &str {
    file.file_stem()
        .and_then(|name| name.to_str())
        .expect("a name")
}

/// The clause in a file's name: `rule.end-once--twice` is of `rule.end-once`.
fn clause(file: &Path) -> Clause {
    let (id, _) = name(file).split_once("--").expect("clause--name.jsonl");
    Clause::from_id(id).unwrap_or_else(|| panic!("{}: no clause {id}", name(file)))
}

fn shown(report: &Report) -> String {
    let violations = report.violations.iter();
    let lines = violations.map(|found| format!("line {}: {}\n", found.line, found.violation));
    lines.collect()
}

#[test]
fn each_broken_capture_has_one_fault() {
    let files = captures("");
    assert!(
        files.len() >= LEAST,
        "{} broken captures, not {LEAST}",
        files.len()
    );
    let wrong: Vec<_> = files
        .iter()
        .map(|file| (file, check(&fs::read(file).expect("a capture"))))
        .filter(|(file, report)| match report.violations.as_slice() {
            [one] => one.violation.clause != clause(file),
            _ => true,
        })
        .map(|(file, report)| format!("{}:\n{}", name(file), shown(&report)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn good_captures_have_none() {
    let files = captures("good");
    assert!(files.len() >= 10, "{} good captures", files.len());
    for file in files {
        let report = check(&fs::read(&file).expect("a capture"));
        assert_eq!(shown(&report), "", "{}", name(&file));
    }
}

/// A line of that many bytes, LF included, whose only other fault is that its
/// type is unknown.
fn line_of(bytes: usize) -> Vec<u8> {
    let frame = "{\"type\":\"\"}\n";
    let type_name = "x".repeat(bytes - frame.len());
    format!("{{\"type\":\"{type_name}\"}}\n").into_bytes()
}

#[test]
fn line_over_the_limit_is_one_fault() {
    let clauses = |bytes| {
        let report = check(&line_of(bytes));
        let found = report.violations.iter();
        found
            .map(|found| found.violation.clause)
            .collect::<Vec<_>>()
    };
    assert_eq!(clauses(limit::LINE_BYTES), [Clause::EventAny]);
    assert_eq!(clauses(limit::LINE_BYTES + 1), [Clause::LimitLine]);
    assert_eq!(clauses(10 * limit::LINE_BYTES), [Clause::LimitLine]);
}

#[test]
fn report_counts_what_is_there_and_what_is_not() {
    let file = format!(
        "{}/tests/captures/good/open-spans-and-lost-events.jsonl",
        env!("CARGO_MANIFEST_DIR")
    );
    let report = check(&fs::read(file).expect("a capture"));
    assert_eq!((report.lines, report.events, report.skipped), (4, 4, 0));
    assert_eq!((report.lost, report.torn), (5, None));
    let open: Vec<_> = report.open_spans.iter().map(ToString::to_string).collect();
    assert_eq!(open, ["00000000000000a1", "00000000000000b1"]);
    let [excused] = report.excused.as_slice() else {
        panic!("{:?}", report.excused);
    };
    assert_eq!(excused.violation.clause, Clause::RuleStartFirst);
    assert_eq!(excused.line, 3);
}

#[test]
fn skipped_line_is_counted_and_excuses_no_missing_start() {
    let tag = br#"{"type":"span_tag","span_id":"00000000000000a1","ts_ms":1,"seq":1,"key":"k","value":1}"#;
    let report = check(&[b"{\"type\":\"span_link\"}\n", tag.as_slice(), b"\n"].concat());
    assert_eq!((report.lines, report.events, report.skipped), (2, 1, 1));
    let clauses: Vec<_> = report
        .violations
        .iter()
        .map(|found| found.violation.clause)
        .collect();
    assert_eq!(clauses, [Clause::EventAny, Clause::RuleStartFirst]);
    assert_eq!((report.lost, report.excused.len()), (0, 0));
}

#[test]
fn chunks_do_not_matter() {
    for file in captures("").iter().chain(&captures("good")) {
        let capture = fs::read(file).expect("a capture");
        let mut checker = Checker::default();
        capture.chunks(7).for_each(|chunk| checker.feed(chunk));
        assert_eq!(checker.finish(), check(&capture), "{}", name(file));
    }
}

#[test]
fn faults_are_placed_in_the_capture() {
    for file in captures("") {
        let capture = fs::read(&file).expect("a capture");
        for found in check(&capture).violations {
            let before = &capture[..found.byte_offset as usize];
            let line = before.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
            assert_eq!(found.line, line, "{}", name(&file));
        }
    }
}

#[test]
fn faults_can_be_taken_on_the_way() {
    let capture = b"{}\n{}\n";
    let mut checker = Checker::default();
    checker.feed(&capture[..3]);
    let (violations, excused) = checker.take_found();
    assert_eq!((violations.len(), excused.len()), (1, 0));
    checker.feed(&capture[3..]);
    let rest = checker.finish();
    assert_eq!(rest.lines, 2);
    assert_eq!(rest.violations.first().map(|found| found.line), Some(2));
}

#[test]
fn known_parents_are_the_only_foreign_ones() {
    let file = format!(
        "{}/tests/captures/good/sub-flow-under-another-producer.jsonl",
        env!("CARGO_MANIFEST_DIR")
    );
    let capture = fs::read(file).expect("a capture");
    let with = |parents: &[&str]| {
        let ids = parents.iter().map(|id| id.parse().expect("an id"));
        let mut checker = Checker::new(CheckOptions {
            parents: Some(ids.collect()),
        });
        checker.feed(&capture);
        checker.finish().violations.len()
    };
    assert_eq!(with(&["00000000000000a1"]), 0);
    assert_eq!(with(&["00000000000000e1"]), 2);
}

/// Clauses that no capture can show broken, and who sees to them.
const ELSEWHERE: &[(Clause, &str)] = &[
    (Clause::TransportSocket, "the collector"),
    (Clause::EnvSocket, "the SDK"),
    (Clause::EnvParent, "the SDK"),
    (
        Clause::TypeJson,
        "any value will do; its limits have clauses of their own",
    ),
    (Clause::LimitLine, "too large for a file here: see above"),
    (Clause::LimitErrorHead, "part of value.error"),
    (
        Clause::LimitInteger,
        "a constant of type.count and value.numbers",
    ),
    (Clause::LimitWait, "the SDK"),
    (Clause::LimitBuffer, "the SDK"),
    (Clause::ValueBytes, "a unit, not a rule"),
    (Clause::ValueLine, "limit.line is what breaks"),
    (Clause::ValueSurrogates, "transport.i-json is what breaks"),
    (Clause::ValueKeys, "transport.i-json is what breaks"),
    (Clause::ValueDeep, "limit.depth is what breaks"),
    (Clause::ValueOther, "the SDK"),
];

#[test]
fn every_clause_is_broken_by_some_capture() {
    let broken: BTreeSet<_> = captures("").iter().map(|file| clause(file)).collect();
    let elsewhere: BTreeSet<_> = ELSEWHERE.iter().map(|&(clause, _)| clause).collect();
    let of_others = |clause: Clause| {
        let id = clause.id();
        id.starts_with("sdk.") || id.starts_with("consumer.")
    };
    let missing: Vec<_> = Clause::ALL
        .iter()
        .filter(|&&clause| !of_others(clause))
        .filter(|clause| broken.contains(clause) == elsewhere.contains(clause))
        .collect();
    assert!(
        missing.is_empty(),
        "no capture breaks {missing:?}, or one does and it is listed"
    );
}
