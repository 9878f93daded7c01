//! `hero-span check`.

use std::io::Write;
use std::process::Stdio;

use crate::common::{Finished, hero_span, memory_kib, run};

pub(crate) const GOOD: &str = r#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1,"seq":0,"producer":{"id":"00000000000000ff","sdk":"python","version":"1.0.0","protocol":1,"pid":1},"parent_span_id":null,"name":"a","kind":"flow"}
{"type":"span_log","span_id":"00000000000000a1","ts_ms":2,"seq":1,"message":"hello"}
{"type":"span_end","span_id":"00000000000000a1","ts_ms":3,"seq":2,"status":"ok"}
"#;

pub(crate) const BROKEN: &str = r#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1,"seq":0,"producer":{"id":"00000000000000ff","sdk":"python","version":"1.0.0","protocol":1,"pid":1},"parent_span_id":null,"name":"","kind":"flow"}
{"type":"span_end","span_id":"00000000000000A1","ts_ms":2,"seq":1,"status":"ok"}
nonsense
{"type":"span_end","span_id":"00000000000000a1","ts_ms":3,"seq":2,"status":"ok"}
{"type":"span_end","span_id":"00000000000000a1","ts_ms":3,"seq":3,"status":"ok"}
{"type":"span_end","span_id":"00000000000000a1","ts_ms":"#;

/// Judges a capture that stands in a file.
fn check(capture: &str, args: &[&str]) -> Finished {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("capture.jsonl");
    std::fs::write(&path, capture).expect("written");
    run(hero_span()
        .current_dir(&directory)
        .args(["check", "capture.jsonl"])
        .args(args))
}

/// Judges a capture that comes in a pipe.
fn check_piped(capture: &str, args: &[&str]) -> Finished {
    let mut command = hero_span();
    command.args(["check", "-"]).args(args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(capture.as_bytes()).expect("sent");
    drop(stdin);
    let output = child.wait_with_output().expect("ended");
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

#[test]
fn a_good_capture_conforms() {
    let finished = check(GOOD, &[]);
    insta::assert_snapshot!(finished.stdout, @"capture.jsonl: 3 lines, 3 events: conforms");
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
}

#[test]
fn each_violation_has_its_place_and_its_clause() {
    let finished = check(BROKEN, &[]);
    insta::assert_snapshot!(finished.stdout, @r#"
    capture.jsonl:1: type.name: name at byte 188: expected at least 1 byte, found none
    capture.jsonl:2: type.id: span_id at byte 29: expected 16 lower-case hex digits, not all zero, found "00000000000000A1"
    capture.jsonl:3: transport.line at byte 0: expected a JSON object, found 'n'
    capture.jsonl:5: rule.end-once: expected one span_end of 00000000000000a1, found another
    capture.jsonl:6: transport.torn: expected an LF, found 56 bytes without one

    transport.line  MUST
        An event is one JSON object on one line, ended by one LF.

    transport.torn  MUST
        A last line without its LF is torn. A consumer discards and counts it,
        even if it would parse.

    type.id  MUST
        64 bits in lower-case hex, not all zero; never used twice.

    type.name  MUST
        The name of a span, a tag or a field. An empty one is sent as "unnamed".

    rule.end-once  MUST
        A span ends at most once.

    capture.jsonl: 6 lines, 3 events: 5 violations of 5 clauses
    "#);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""));
}

#[test]
fn a_pipe_is_judged_like_a_file() {
    for capture in [GOOD, BROKEN] {
        let (file, pipe) = (check(capture, &[]), check_piped(capture, &[]));
        assert_eq!(pipe.stdout, file.stdout.replace("capture.jsonl", "stdin"));
        assert_eq!(pipe.code, file.code);
    }
}

#[test]
fn programs_get_an_object_a_line() {
    let finished = check(BROKEN, &["--format", "json"]);
    assert_eq!(finished.code, Some(1));
    insta::assert_snapshot!(finished.stdout, @r#"
    {"kind":"violation","line":1,"byte_offset":188,"at":188,"clause":"type.name","requirement":"MUST","field":"name","expected":"at least 1 byte","found":"none"}
    {"kind":"violation","line":2,"byte_offset":235,"at":29,"clause":"type.id","requirement":"MUST","field":"span_id","expected":"16 lower-case hex digits, not all zero","found":"\"00000000000000A1\""}
    {"kind":"violation","line":3,"byte_offset":287,"at":0,"clause":"transport.line","requirement":"MUST","field":null,"expected":"a JSON object","found":"'n'"}
    {"kind":"violation","line":5,"byte_offset":377,"at":null,"clause":"rule.end-once","requirement":"MUST","field":null,"expected":"one span_end of 00000000000000a1","found":"another"}
    {"kind":"violation","line":6,"byte_offset":458,"at":null,"clause":"transport.torn","requirement":"MUST","field":null,"expected":"an LF","found":"56 bytes without one"}
    {"kind":"clause","clause":"transport.line","requirement":"MUST","violations":1,"text":"An event is one JSON object on one line, ended by one LF."}
    {"kind":"clause","clause":"transport.torn","requirement":"MUST","violations":1,"text":"A last line without its LF is torn. A consumer discards and counts it, even if it would parse."}
    {"kind":"clause","clause":"type.id","requirement":"MUST","violations":1,"text":"64 bits in lower-case hex, not all zero; never used twice."}
    {"kind":"clause","clause":"type.name","requirement":"MUST","violations":1,"text":"The name of a span, a tag or a field. An empty one is sent as \"unnamed\"."}
    {"kind":"clause","clause":"rule.end-once","requirement":"MUST","violations":1,"text":"A span ends at most once."}
    {"kind":"summary","lines":6,"events":3,"skipped":0,"violations":5,"excused":0,"open_spans":0,"lost":0,"torn":56,"conforms":false}
    "#);
}

#[test]
fn json_names_are_the_ones_that_help_lists() {
    let help = run(hero_span().args(["check", "--help"])).stdout;
    let capture = BROKEN.to_owned() + "\n" + &GOOD.replace("\"seq\":1", "\"seq\":9");
    for line in check(&capture, &["--format", "json"]).stdout.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let kind = object["kind"].as_str().expect("a kind");
        assert!(help.contains(&format!("\n  {kind} ")), "{kind}");
        for name in object.as_object().expect("an object").keys() {
            let listed = |word: &str| word.trim_matches(['"', ',']) == name;
            assert!(help.split_whitespace().any(listed), "{name}");
        }
    }
}

#[test]
fn what_is_not_reported_is_still_counted() {
    let finished = check(BROKEN, &["--max", "1"]);
    insta::assert_snapshot!(finished.stdout, @r#"
    capture.jsonl:1: type.name: name at byte 188: expected at least 1 byte, found none
    capture.jsonl: and 4 violations more

    transport.line  MUST
        An event is one JSON object on one line, ended by one LF.

    transport.torn  MUST
        A last line without its LF is torn. A consumer discards and counts it,
        even if it would parse.

    type.id  MUST
        64 bits in lower-case hex, not all zero; never used twice.

    type.name  MUST
        The name of a span, a tag or a field. An empty one is sent as "unnamed".

    rule.end-once  MUST
        A span ends at most once.

    capture.jsonl: 6 lines, 3 events: 5 violations of 5 clauses
    "#);
    assert_eq!(finished.code, Some(1));
}

#[test]
fn a_rule_broken_where_an_event_was_lost_is_excused() {
    let (first, rest) = GOOD.split_once('\n').expect("lines");
    let (_, end) = rest.split_once('\n').expect("lines");
    let start_lost = first.replace(
        "\"span_id\":\"00000000000000a1\"",
        "\"span_id\":\"00000000000000b2\"",
    );
    let finished = check(&format!("{start_lost}\n{end}"), &[]);
    insta::assert_snapshot!(finished.stdout, @"capture.jsonl: 2 lines, 2 events, 1 lost, 1 left open, 1 excused by a loss: conforms");
    assert_eq!(finished.code, Some(0));
}

#[test]
fn parents_elsewhere_may_be_named() {
    let sub_flow = GOOD.replace("null", "\"00000000000000b2\"");
    let with = |args: &[&str]| check(&sub_flow, args).code;
    assert_eq!(with(&[]), Some(0), "any may be one");
    assert_eq!(
        with(&[
            "--parent",
            "00000000000000c3",
            "--parent",
            "00000000000000b2"
        ]),
        Some(0)
    );
    assert_eq!(with(&["--parent", "00000000000000c3"]), Some(1));
    assert_eq!(with(&["--parent", "nonsense"]), Some(2));
}

#[test]
fn an_empty_capture_is_nothing_to_judge() {
    let finished = check("", &[]);
    insta::assert_snapshot!(finished.stdout, @"capture.jsonl: 0 lines, 0 events: nothing to judge");
    assert_eq!(finished.code, Some(3));
    let finished = check("", &["--format", "json"]);
    assert!(finished.stdout.ends_with("\"conforms\":false}\n"));
    assert_eq!(finished.code, Some(3));
}

#[test]
fn nothing_is_shown_of_nought_violations() {
    let finished = check(BROKEN, &["--max", "0"]);
    let first = finished.stdout.lines().next();
    assert_eq!(first, Some("capture.jsonl: 5 violations not shown"));
    assert_eq!(finished.code, Some(1));
    assert!(!check(GOOD, &["--max", "0"]).stdout.contains("not shown"));
}

#[test]
fn what_cannot_be_read_is_no_verdict() {
    let directory = tempfile::tempdir().expect("a directory");
    let check = |path: &str| {
        let finished = run(hero_span().current_dir(&directory).args(["check", path]));
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
        finished.stderr
    };
    insta::assert_snapshot!(check("missing.jsonl"), @"hero-span: missing.jsonl: expected a capture to read, found: No such file or directory (os error 2): give a file, or - for standard input");
    insta::assert_snapshot!(check("."), @"hero-span: .: expected a capture to read, found: Is a directory (os error 21): give a file, or - for standard input");
}

#[test]
fn a_long_capture_is_judged_in_bounded_memory() {
    let mut command = hero_span();
    command.args(["check", "-", "--max", "2", "--format", "json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    let bad = format!("{{\"nonsense\":\"{}\"}}\n", "x".repeat(200)).repeat(1000);
    for _ in 0..300 {
        stdin.write_all(bad.as_bytes()).expect("sent");
    }
    let peak = memory_kib(child.id(), "VmHWM");
    assert!(
        peak < 24 * 1024,
        "{peak} KiB for {} KiB",
        bad.len() * 300 / 1024
    );
    drop(stdin);
    let output = child.wait_with_output().expect("ended");
    let report = String::from_utf8(output.stdout).expect("text");
    assert_eq!(report.matches("\"kind\":\"violation\"").count(), 2);
    let summary = report.lines().last().expect("a summary");
    assert!(summary.contains("\"lines\":300000"), "{summary}");
    assert!(summary.contains("\"violations\":300000"), "{summary}");
}

#[test]
fn nothing_in_a_capture_steers_the_terminal() {
    let capture = GOOD
        .replace("\"a\"", "\"\\u001b[2J\\u202e\"")
        .replace("\"flow\"", "\"\\u001b]0;x\\u0007\"");
    let finished = check(&capture, &[]);
    assert_eq!(finished.code, Some(1));
    let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!finished.stdout.contains(steers), "{:?}", finished.stdout);
}
